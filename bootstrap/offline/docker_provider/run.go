package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"github.com/distribution/reference"
	"github.com/docker/cli/cli/command/image/build"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/docker/api/types"
	api "github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/go-archive"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// run is one build, and the push after it.
type run struct {
	docker *client.Client
	plan   *plan
	name   string
	say    func(string)
}

// build sends the context to the engine and returns the ID of the image.
func (r *run) build(ctx context.Context) (string, error) {
	root, dockerfile, err := build.GetContextFromLocalDir(r.plan.context, r.plan.dockerfile)
	if err != nil {
		return "", fmt.Errorf("error resolving context: %w", err)
	}
	if err := build.ValidateContextDirectory(root, r.plan.ignored); err != nil {
		return "", fmt.Errorf("error validating context: %w", err)
	}
	context, err := archive.TarWithOptions(root, &archive.TarOptions{
		ExcludePatterns: build.TrimBuildFilesFromExcludes(r.plan.ignored, dockerfile, false),
		ChownOpts:       &archive.ChownOpts{},
	})
	if err != nil {
		return "", err
	}
	defer context.Close()
	options := api.ImageBuildOptions{
		Dockerfile: dockerfile, Tags: []string{r.name}, BuildArgs: r.plan.args, Version: r.plan.builder,
		Platform: r.plan.platform, Target: r.plan.target, NetworkMode: r.plan.network,
	}
	if r.plan.builder == api.BuilderBuildKit {
		closeSession, err := r.openSession(ctx, &options)
		if err != nil {
			return "", err
		}
		defer closeSession()
	}
	r.say("Starting Docker build")
	response, err := r.docker.ImageBuild(ctx, context, options)
	if err != nil {
		return "", fmt.Errorf("error building image: %w", err)
	}
	defer response.Body.Close()
	var id string
	err = follow(response.Body, r.say, func(aux json.RawMessage) string {
		var result api.Result
		if json.Unmarshal(aux, &result) != nil {
			return string(aux)
		}
		id = result.ID
		return "Built image with ID " + id
	})
	if err != nil {
		return "", fmt.Errorf("error reading build output: %w", err)
	}
	if id == "" {
		return "", errors.New("no image id found in build output")
	}
	built, err := r.docker.ImageInspect(ctx, r.name)
	if err == nil {
		r.say(fmt.Sprintf("Image built successfully, local id %q", id))
	}
	return built.ID, err
}

// openSession gives BuildKit the way back to us that it asks for credentials.
func (r *run) openSession(ctx context.Context, options *api.ImageBuildOptions) (func(), error) {
	credentials, err := config.Load(config.Dir())
	if err != nil {
		return nil, err
	}
	opened, err := session.NewSession(ctx, "")
	if err != nil {
		return nil, err
	}
	opened.Allow(authprovider.NewDockerAuthProvider(
		authprovider.DockerAuthProviderConfig{ConfigFile: credentials}))
	go func() {
		dial := func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return r.docker.DialHijack(ctx, "/session", proto, meta)
		}
		if err := opened.Run(ctx, dial); err != nil {
			r.say("BuildKit session: " + err.Error())
		}
	}()
	options.SessionID = opened.ID()
	return func() { _ = opened.Close() }, nil
}

// push returns repository@digest, with the digest that the registry gave.
func (r *run) push(ctx context.Context, inputs resource.PropertyMap) (string, error) {
	credentials, err := config.Load(config.Dir())
	if err != nil {
		return "", err
	}
	auth, err := authFor(inputs, credentials)
	if err != nil {
		return "", err
	}
	encoded, err := json.Marshal(auth)
	if err != nil {
		return "", err
	}
	r.say("Pushing Image to the registry")
	answer, err := r.docker.ImagePush(ctx, r.name,
		image.PushOptions{RegistryAuth: base64.URLEncoding.EncodeToString(encoded)})
	if err != nil {
		return "", err
	}
	defer answer.Close()
	var pushed types.PushResult
	err = follow(answer, r.say, func(aux json.RawMessage) string {
		var result types.PushResult
		if json.Unmarshal(aux, &result) != nil || result.Digest == "" {
			return fmt.Sprintf("Unable to parse pushed digest %q", result.Digest)
		}
		pushed = result
		return "Pushed image with digest " + result.Digest
	})
	if err != nil {
		return "", fmt.Errorf("error reading push output: %w", err)
	}
	named, err := reference.ParseNormalizedNamed(r.name)
	if err != nil {
		return "", err
	}
	if pushed.Digest == "" {
		return r.storedDigest(ctx, named.Name())
	}
	return named.Name() + "@" + pushed.Digest, nil
}

// storedDigest asks the engine: with the containerd store a push reports no digest.
func (r *run) storedDigest(ctx context.Context, repository string) (string, error) {
	stored, err := r.docker.ImageInspect(ctx, r.name)
	if err != nil {
		return "", err
	}
	for _, digest := range stored.RepoDigests {
		named, err := reference.ParseNormalizedNamed(digest)
		if err == nil && named.Name() == repository {
			return named.String(), nil
		}
	}
	return "", fmt.Errorf("neither the push nor the engine gives a digest of %s", r.name)
}

// authFor prefers the program's credentials over those of the Docker configuration.
func authFor(inputs resource.PropertyMap, file *configfile.ConfigFile) (registry.AuthConfig, error) {
	server, err := registryOf(inputs)
	if err != nil {
		return registry.AuthConfig{}, err
	}
	if given := inputs["registry"]; given.IsObject() {
		user, password := text(given.ObjectValue(), "username"), text(given.ObjectValue(), "password")
		if user != "" && password != "" {
			return registry.AuthConfig{Username: user, Password: password, ServerAddress: server}, nil
		}
	}
	kept, err := file.GetAuthConfig(server)
	return registry.AuthConfig(kept), err
}

// registryOf names the registry; without one in the inputs the image's own name must carry it.
func registryOf(inputs resource.PropertyMap) (string, error) {
	if given := inputs["registry"]; given.IsObject() && text(given.ObjectValue(), "server") != "" {
		return text(given.ObjectValue(), "server"), nil
	}
	named, err := reference.ParseNamed(inputs["imageName"].StringValue())
	if err != nil {
		return "", unqualified(inputs["imageName"].StringValue(), err)
	}
	if domain := reference.Domain(named); domain != "docker.io" {
		return domain, nil
	}
	return "https://index.docker.io/v1/", nil
}
