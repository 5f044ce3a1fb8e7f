package main

import (
	"context"
	"fmt"
	"runtime"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// images is docker:index/image:Image, with the semantics of the official resource.
type images struct {
	host    *provider.HostClient
	engine  string
	sshOpts []string
}

var keep = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true}
var keepSecrets = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true, KeepSecrets: true}

func (p *images) status(ctx context.Context, urn, text string) {
	_ = p.host.LogStatus(ctx, diag.Info, resource.URN(urn), text)
}

// check writes the defaults and the digest of the build context into the inputs.
func (p *images) check(ctx context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	inputs, err := plugin.UnmarshalProperties(req.GetNews(), keep)
	if err != nil {
		return nil, err
	}
	if inputs["buildOnPreview"].IsNull() {
		inputs["buildOnPreview"] = resource.NewProperty(false)
	}
	if inputs["build"].IsNull() {
		inputs["build"] = resource.NewProperty(resource.PropertyMap{})
	}
	if inputs["build"].IsObject() {
		if err := p.checkBuild(ctx, req.GetUrn(), inputs["build"].ObjectValue()); err != nil {
			return nil, err
		}
	}
	if inputs["imageName"].IsString() && !isTrue(inputs["skipPush"]) {
		if _, err := registryOf(inputs); err != nil {
			return nil, err
		}
	}
	checked, err := plugin.MarshalProperties(inputs, keep)
	return &rpc.CheckResponse{Inputs: checked}, err
}

func (p *images) checkBuild(ctx context.Context, urn string, build resource.PropertyMap) error {
	if build["platform"].IsNull() {
		build["platform"] = resource.NewProperty("linux/" + runtime.GOARCH)
		text := "Building your image for " + build["platform"].StringValue() + " architecture.\n" +
			"To be sure of the platform, set `platform` in the build options."
		if err := p.host.Log(ctx, diag.Info, resource.URN(urn), text); err != nil {
			return err
		}
	}
	if build["context"].ContainsUnknowns() || build["dockerfile"].ContainsUnknowns() {
		return nil
	}
	plan, err := planOf(build)
	if err != nil {
		return err
	}
	digest, err := plan.contextDigest()
	if err != nil {
		return err
	}
	build["context"] = resource.NewProperty(plan.context)
	build["dockerfile"] = resource.NewProperty(plan.dockerfile)
	build["contextDigest"] = resource.NewProperty(digest)
	return nil
}

// diff compares the inputs with those kept in the state; credentials alone never rebuild.
func (p *images) diff(req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	olds, err := plugin.UnmarshalProperties(req.GetOlds(), keep)
	if err != nil {
		return nil, err
	}
	news, err := plugin.UnmarshalProperties(req.GetNews(), keep)
	if err != nil {
		return nil, err
	}
	before := resource.PropertyMap{}
	if kept, ok := olds["__inputs"]; ok && kept.IsObject() {
		before = kept.ObjectValue()
	}
	changed := map[string]*rpc.PropertyDiff{}
	if d := before.Diff(news); d != nil {
		for key := range d.Adds {
			changed[string(key)] = &rpc.PropertyDiff{Kind: rpc.PropertyDiff_ADD}
		}
		for key := range d.Deletes {
			changed[string(key)] = &rpc.PropertyDiff{Kind: rpc.PropertyDiff_DELETE}
		}
		for key, value := range d.Updates {
			if key == "registry" && value.Object != nil && !value.Object.Changed("server") {
				continue
			}
			changed[string(key)] = &rpc.PropertyDiff{Kind: rpc.PropertyDiff_UPDATE}
		}
	}
	if len(changed) == 0 {
		return &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}, nil
	}
	return &rpc.DiffResponse{
		Changes: rpc.DiffResponse_DIFF_SOME, DetailedDiff: changed, HasDetailedDiff: true,
	}, nil
}

// apply builds and pushes; a preview does so only when asked to, and never pushes.
func (p *images) apply(
	ctx context.Context, urn string, properties *structpb.Struct, preview bool,
) (string, *structpb.Struct, error) {
	inputs, err := plugin.UnmarshalProperties(properties, keep)
	if err != nil {
		return "", nil, err
	}
	if preview && !(isTrue(inputs["buildOnPreview"]) && !inputs.ContainsUnknowns()) {
		return "", properties, nil
	}
	outputs, err := p.release(ctx, urn, inputs, preview)
	if err != nil {
		return "", nil, err
	}
	outputs["__inputs"] = resource.MakeSecret(resource.NewProperty(inputs))
	state, err := plugin.MarshalProperties(outputs, keepSecrets)
	return inputs["imageName"].StringValue(), state, err
}

func (p *images) release(
	ctx context.Context, urn string, inputs resource.PropertyMap, preview bool,
) (resource.PropertyMap, error) {
	plan, err := planOf(inputs["build"].ObjectValue())
	if err != nil {
		return nil, err
	}
	docker, err := p.client()
	if err != nil {
		return nil, err
	}
	defer docker.Close()
	run := &run{docker: docker, plan: plan, name: inputs["imageName"].StringValue(),
		say: func(text string) { p.status(ctx, urn, text) }}
	digest, err := run.build(ctx)
	if err != nil {
		return nil, err
	}
	if !isTrue(inputs["skipPush"]) && !preview {
		if digest, err = run.push(ctx, inputs); err != nil {
			return nil, err
		}
	}
	server := ""
	if registry := inputs["registry"]; registry.IsObject() && registry.ObjectValue()["server"].IsString() {
		server = registry.ObjectValue()["server"].StringValue()
	}
	return resource.NewPropertyMapFromMap(map[string]any{
		"dockerfile": plan.dockerfile, "context": plan.context, "platform": plan.platform,
		"baseImageName": run.name, "imageName": run.name, "registryServer": server, "repoDigest": digest,
	}), nil
}

func isTrue(value resource.PropertyValue) bool { return value.IsBool() && value.BoolValue() }

func text(object resource.PropertyMap, key resource.PropertyKey) string {
	if object[key].IsString() {
		return object[key].StringValue()
	}
	return ""
}

var errUnqualified = "%q: %w.\nThis resource requires all image names to be fully qualified.\n" +
	"For example, if you are attempting to push to Docker Hub, prefix your image name with `docker.io`."

func unqualified(name string, err error) error { return fmt.Errorf(errUnqualified, name, err) }
