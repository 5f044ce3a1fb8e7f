package main

import (
	"context"
	"os"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/terraform-providers/terraform-provider-docker/upstream"
)

const defaultHost = "unix:///var/run/docker.sock"

// token builds the type token that the Python SDK sends: docker:index/container:Container.
func token(name string) string {
	return "docker:index/" + strings.ToLower(name[:1]) + name[1:] + ":" + name
}

// bridge maps the resources as the official plugin does, as far as names and replacement go.
func bridge() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:    shim.NewProvider(upstream.New(version)),
		Name: "docker",
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"},
				ComputeDefault: func(context.Context, tfbridge.ComputeDefaultOptions) (any, error) {
					return hostOr(os.Getenv("DOCKER_HOST")), nil
				},
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources:   resources(),
		DataSources: map[string]*tfbridge.DataSourceInfo{},
		IgnoreMappings: []string{
			"docker_buildx_builder", "docker_compose", "docker_containers", "docker_registry_image_manifests",
		},
	}
	for name, kind := range map[string]string{
		"docker_network": "getNetwork", "docker_image": "getRemoteImage",
		"docker_registry_image": "getRegistryImage", "docker_plugin": "getPlugin", "docker_logs": "getLogs",
	} {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(token(kind))}
	}
	info.SetAutonaming(255, "-")
	return info
}

func resources() map[string]*tfbridge.ResourceInfo {
	all := map[string]*tfbridge.ResourceInfo{}
	for name, kind := range map[string]string{
		"docker_config": "ServiceConfig", "docker_container": "Container", "docker_image": "RemoteImage",
		"docker_network": "Network", "docker_plugin": "Plugin", "docker_registry_image": "RegistryImage",
		"docker_secret": "Secret", "docker_service": "Service", "docker_tag": "Tag",
		"docker_volume": "Volume",
	} {
		all[name] = &tfbridge.ResourceInfo{Tok: tokens.Type(token(kind))}
	}
	container := all["docker_container"]
	container.DeleteBeforeReplace = true
	container.Fields = map[string]*tfbridge.SchemaInfo{
		"command":           {Name: "command"},
		"networks_advanced": {Name: "networksAdvanced"},
	}
	all["docker_image"].Fields = map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}
	return all
}

func hostOr(host string) string {
	if host == "" {
		return defaultHost
	}
	return host
}
