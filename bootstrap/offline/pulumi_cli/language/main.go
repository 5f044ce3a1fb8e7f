// pulumi-language-python: starts the Python program of a stack. The official one also installs
// packages and generates SDKs; here the set-up has installed everything.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// alreadyReported is how the Python SDK exits when it has told the user what is wrong.
const alreadyReported = 32

type host struct {
	rpc.UnimplementedLanguageRuntimeServer
	engine string
}

func main() {
	serving := &host{engine: os.Args[len(os.Args)-1]}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	cancel := make(chan bool)
	go func() {
		<-interrupted
		close(cancel)
	}()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			rpc.RegisterLanguageRuntimeServer(server, serving)
			return nil
		},
		Options: rpcutil.OpenTracingServerInterceptorOptions(nil),
	})
	if err == nil {
		fmt.Println(handle.Port)
		err = <-handle.Done
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (h *host) Handshake(
	_ context.Context, request *rpc.LanguageHandshakeRequest,
) (*rpc.LanguageHandshakeResponse, error) {
	h.engine = request.GetEngineAddress()
	return &rpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names none, so that only plugins that a program uses are asked for.
func (h *host) GetRequiredPackages(
	context.Context, *rpc.GetRequiredPackagesRequest,
) (*rpc.GetRequiredPackagesResponse, error) {
	return &rpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) InstallDependencies(
	_ *rpc.InstallDependenciesRequest, stream grpc.ServerStreamingServer[rpc.InstallDependenciesResponse],
) error {
	return stream.Send(&rpc.InstallDependenciesResponse{
		Stdout: []byte("Installed already: python3 -m tools.setup keeps .venv up to date.\n"),
	})
}

func (h *host) About(_ context.Context, request *rpc.AboutRequest) (*rpc.AboutResponse, error) {
	python := interpreter(request.GetInfo())
	printed, err := exec.Command(python, "-V").Output()
	return &rpc.AboutResponse{Executable: python, Version: string(printed)}, err
}

// interpreter is that of the project's virtual environment, which lies at its root.
func interpreter(info *rpc.ProgramInfo) string {
	venv := info.GetOptions().GetFields()["virtualenv"].GetStringValue()
	if venv == "" {
		return "python3"
	}
	if !filepath.IsAbs(venv) {
		venv = filepath.Join(info.GetRootDirectory(), venv)
	}
	return filepath.Join(venv, "bin", "python")
}

func (h *host) Run(ctx context.Context, request *rpc.RunRequest) (*rpc.RunResponse, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	config, err := settings(request)
	if err != nil {
		return nil, err
	}
	info := request.GetInfo()
	arguments := []string{
		"-u", filepath.Join(filepath.Dir(self), "pulumi-language-python-exec"),
		"--monitor", request.GetMonitorAddress(), "--engine", h.engine,
		"--project", request.GetProject(), "--stack", request.GetStack(), "--pwd", request.GetPwd(),
		"--organization", request.GetOrganization(), "--root_directory", info.GetRootDirectory(),
		"--dry_run", strconv.FormatBool(request.GetDryRun()),
		"--parallel", strconv.Itoa(int(request.GetParallel())),
		filepath.Join(info.GetProgramDirectory(), info.GetEntryPoint()),
	}
	program := exec.CommandContext(ctx, interpreter(info), append(arguments, request.GetArgs()...)...)
	program.Dir = info.GetRootDirectory()
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	program.Env = append(os.Environ(), config...)
	err = program.Run()
	var exited *exec.ExitError
	switch {
	case err == nil:
		return &rpc.RunResponse{}, nil
	case errors.As(err, &exited) && exited.ExitCode() == alreadyReported:
		return &rpc.RunResponse{Bail: true}, nil
	default:
		return &rpc.RunResponse{Error: fmt.Sprintf("Program exited with an error: %v", err)}, nil
	}
}

// settings hands over the stack's configuration; the SDK wants {} and [], never null.
func settings(request *rpc.RunRequest) ([]string, error) {
	values, err := json.Marshal(maps.Collect(maps.All(request.GetConfig())))
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, request.GetConfigSecretKeys()...))
	return []string{"PULUMI_CONFIG=" + string(values), "PULUMI_CONFIG_SECRET_KEYS=" + string(secrets)}, err
}
