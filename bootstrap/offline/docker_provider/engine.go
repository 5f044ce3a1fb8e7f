package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/docker/client"
)

// configure finds the engine as the official plugin does: the provider's host, then DOCKER_HOST.
// TLS material in the provider's inputs is left out: no target of ours uses it.
func (p *images) configure(ctx context.Context, variables map[string]string) error {
	p.engine = hostOr(os.Getenv("DOCKER_HOST"))
	if host := variables["docker:config:host"]; host != "" {
		p.engine = host
	}
	if opts := variables["docker:config:sshOpts"]; opts != "" {
		if err := json.Unmarshal([]byte(opts), &p.sshOpts); err != nil {
			return fmt.Errorf("sshOpts: %w", err)
		}
	}
	if strings.HasPrefix(p.engine, "ssh://") {
		return nil // A remote host may not be up yet, and each connection costs a login.
	}
	docker, err := p.client()
	if err != nil {
		return err
	}
	defer docker.Close()
	if _, err := docker.Ping(ctx); err != nil {
		return fmt.Errorf("failed to connect to any docker daemon: %w", err)
	}
	return os.Setenv("DOCKER_HOST", p.engine)
}

func (p *images) client() (*client.Client, error) {
	opts := []client.Opt{client.FromEnv, client.WithAPIVersionNegotiation()}
	helper, err := connhelper.GetConnectionHelperWithSSHOpts(p.engine, p.sshOpts)
	switch {
	case err != nil:
		return nil, err
	case helper != nil:
		opts = append(opts, client.WithHost(helper.Host), client.WithDialContext(helper.Dialer))
	default:
		opts = append(opts, client.WithHost(p.engine))
	}
	return client.NewClientWithOpts(opts...)
}
