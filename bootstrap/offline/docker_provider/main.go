// pulumi-resource-docker: the bridged provider for everything but docker.Image, which is ours.
package main

import (
	"context"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// version is set by the linker.
var version = "0.0.0"

// The SDKs carry their own schema; nothing at run time asks the plugin for more than its name.
var schemaStub = []byte(`{"name":"docker"}`)

func main() {
	err := provider.Main("docker", func(host *provider.HostClient) (rpc.ResourceProviderServer, error) {
		info := bridge()
		bridged := tfbridge.NewProvider(
			context.Background(), host, "docker", version, info.P, info, schemaStub)
		return &hybrid{ResourceProviderServer: bridged, images: &images{host: host}}, nil
	})
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
}
