package main

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// hybrid sends docker.Image to our implementation and everything else to the bridge.
type hybrid struct {
	rpc.ResourceProviderServer
	images *images
}

func isImage(urn string) bool {
	return string(resource.URN(urn).Type()) == token("Image")
}

// Configure connects first, so that a stopped engine is one clear error before any resource.
func (h *hybrid) Configure(ctx context.Context, req *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	if err := h.images.configure(ctx, req.GetVariables()); err != nil { //nolint:staticcheck
		return nil, err
	}
	resp, err := h.ResourceProviderServer.Configure(ctx, req)
	if err == nil {
		resp.SupportsPreview = true
	}
	return resp, err
}

func (h *hybrid) Check(ctx context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	if isImage(req.GetUrn()) {
		return h.images.check(ctx, req)
	}
	return h.ResourceProviderServer.Check(ctx, req)
}

func (h *hybrid) Diff(ctx context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	if isImage(req.GetUrn()) {
		return h.images.diff(req)
	}
	return h.ResourceProviderServer.Diff(ctx, req)
}

func (h *hybrid) Create(ctx context.Context, req *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	if !isImage(req.GetUrn()) {
		return h.ResourceProviderServer.Create(ctx, req)
	}
	name, state, err := h.images.apply(ctx, req.GetUrn(), req.GetProperties(), req.GetPreview())
	if err != nil {
		return nil, err
	}
	return &rpc.CreateResponse{Id: name, Properties: state}, nil
}

func (h *hybrid) Update(ctx context.Context, req *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	if !isImage(req.GetUrn()) {
		return h.ResourceProviderServer.Update(ctx, req)
	}
	_, state, err := h.images.apply(ctx, req.GetUrn(), req.GetNews(), req.GetPreview())
	if err != nil {
		return nil, err
	}
	return &rpc.UpdateResponse{Properties: state}, nil
}

// Read believes the state, as the official resource does: a refresh never looks for the image.
func (h *hybrid) Read(ctx context.Context, req *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	if isImage(req.GetUrn()) {
		return &rpc.ReadResponse{Id: req.GetId(), Inputs: req.GetInputs(), Properties: req.GetProperties()}, nil
	}
	return h.ResourceProviderServer.Read(ctx, req)
}

// Delete leaves the image where it is, as the official resource does.
func (h *hybrid) Delete(ctx context.Context, req *rpc.DeleteRequest) (*emptypb.Empty, error) {
	if isImage(req.GetUrn()) {
		return &emptypb.Empty{}, nil
	}
	return h.ResourceProviderServer.Delete(ctx, req)
}
