package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/moby/buildkit/api/services/control"
)

const unauthorized = 401

// follow reads the engine's message stream to its end, and says what the official plugin says of each
// message. `aux` takes a result and gives the text for it. An error has no output of the build in it.
func follow(stream io.Reader, say func(string), aux func(json.RawMessage) string) error {
	decoder := json.NewDecoder(stream)
	for {
		var message jsonmessage.JSONMessage
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("error parsing Docker output: %w", err)
		}
		if message.Error != nil {
			return failure(message.Error)
		}
		if text := textOf(message, aux); text != "" {
			say(text)
		}
	}
}

func failure(reported *jsonmessage.JSONError) error {
	if reported.Code == unauthorized {
		return errors.New("authentication is required")
	}
	if reported.Message == "EOF" {
		return errors.New("EOF\n: This error is most likely due to incorrect or mismatched registry " +
			"credentials. Please double check you are using the correct credentials and registry name")
	}
	return errors.New(reported.Message)
}

// textOf is one text for a message: a line of the classic builder, or all that a message of BuildKit
// has, its digests too.
func textOf(message jsonmessage.JSONMessage, aux func(json.RawMessage) string) string {
	text := message.From
	switch {
	case message.Progress != nil:
		text += message.Status + " " + message.Progress.String()
	case message.Stream != "":
		text += message.Stream
	default:
		text += message.Status
	}
	if message.Aux != nil && message.ID == "moby.buildkit.trace" {
		text += traced(*message.Aux)
	} else if message.Aux != nil {
		text += aux(*message.Aux)
	}
	return strings.TrimSpace(text)
}

func traced(aux json.RawMessage) string {
	var packed []byte
	var status moby_buildkit_v1.StatusResponse
	if err := json.Unmarshal(aux, &packed); err != nil {
		return "failed to parse aux message: " + err.Error()
	}
	if err := status.UnmarshalVT(packed); err != nil {
		return "failed to parse info bytes: " + err.Error()
	}
	var lines []string
	for _, vertex := range status.Vertexes {
		lines = append(lines, "digest: "+vertex.Digest, vertex.Name)
		if vertex.Error != "" {
			lines = append(lines, "error: "+vertex.Error)
		}
	}
	for _, part := range status.Statuses {
		lines = append(lines, part.GetID())
	}
	for _, log := range status.Logs {
		lines = append(lines, string(log.Msg))
	}
	for _, warning := range status.Warnings {
		lines = append(lines, string(warning.Short))
	}
	return strings.Join(lines, "\n")
}
