package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/moby/buildkit/api/services/control"
)

// lastLines is how much of a failed build's output goes into its error.
const lastLines = 30

// colour is how the classic builder marks standard error, piece by piece.
var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// follow reads the engine's message stream to its end: progress to say, results to aux. An error
// carries the last lines before it, because `pulumi up` forgets the progress.
func follow(stream io.Reader, say func(string), aux func(json.RawMessage)) error {
	decoder := json.NewDecoder(stream)
	var tail []string
	for {
		var message jsonmessage.JSONMessage
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("error parsing Docker output: %w", err)
		}
		if message.Error != nil {
			return errors.New(strings.Join(append(tail, message.Error.Message), "\n"))
		}
		if message.Aux != nil && message.ID != "moby.buildkit.trace" && aux != nil {
			aux(*message.Aux)
		}
		for _, line := range linesOf(message) {
			say(line)
			tail = append(tail, line)
		}
		tail = tail[max(0, len(tail)-lastLines):]
	}
}

// linesOf takes what a person wants to read: the classic builder's stream, BuildKit's steps and logs.
func linesOf(message jsonmessage.JSONMessage) []string {
	if message.ID != "moby.buildkit.trace" {
		if message.Progress != nil {
			return nil
		}
		return nonEmpty(message.Stream + message.Status)
	}
	var packed []byte
	var status moby_buildkit_v1.StatusResponse
	if message.Aux == nil || json.Unmarshal(*message.Aux, &packed) != nil || status.UnmarshalVT(packed) != nil {
		return nil
	}
	var lines []string
	for _, vertex := range status.Vertexes {
		if vertex.Started != nil && vertex.Completed == nil {
			lines = append(lines, vertex.Name)
		}
	}
	for _, log := range status.Logs {
		lines = append(lines, nonEmpty(string(log.Msg))...)
	}
	return lines
}

func nonEmpty(block string) []string {
	var lines []string
	for _, line := range strings.Split(colour.ReplaceAllString(block, ""), "\n") {
		if line = strings.TrimRight(line, " \r"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
