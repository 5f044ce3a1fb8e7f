package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/docker/docker/api/types/build"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// plan is what one build needs, read from the resource's `build` input.
type plan struct {
	context, dockerfile, target, platform, network string
	args                                           map[string]*string
	builder                                        build.BuilderVersion
	ignored                                        []string
}

func planOf(inputs resource.PropertyMap) (*plan, error) {
	p := &plan{
		context: text(inputs, "context"), dockerfile: text(inputs, "dockerfile"), builder: build.BuilderBuildKit,
		target: text(inputs, "target"), platform: text(inputs, "platform"), network: text(inputs, "network"),
	}
	if p.context == "" {
		p.context = "."
	}
	if p.dockerfile == "" {
		p.dockerfile = path.Join(p.context, "Dockerfile")
	}
	if _, err := os.Stat(p.dockerfile); err != nil {
		return nil, fmt.Errorf("could not open dockerfile at relative path %q: %w", p.dockerfile, err)
	}
	switch version := text(inputs, "builderVersion"); version {
	case "", "BuilderBuildKit":
	case "BuilderV1":
		p.builder = build.BuilderV1
	default:
		return nil, fmt.Errorf("invalid Docker Builder version %q", version)
	}
	if inputs["args"].IsObject() {
		p.args = map[string]*string{}
		for key, value := range inputs["args"].ObjectValue() {
			if value.IsString() {
				given := value.StringValue()
				p.args[string(key)] = &given
			}
		}
	}
	for _, unsupported := range []resource.PropertyKey{"cacheFrom", "addHosts"} {
		if !inputs[unsupported].IsNull() {
			return nil, fmt.Errorf("build.%s is not part of this stand-in for the Docker plugin", unsupported)
		}
	}
	return p, p.readIgnored()
}

// readIgnored takes the Dockerfile's own ignore file before the one of the context.
func (p *plan) readIgnored() error {
	for _, name := range []string{p.dockerfile + ".dockerignore", filepath.Join(p.context, ".dockerignore")} {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		defer file.Close()
		p.ignored, err = ignorefile.ReadAll(file)
		return err
	}
	return nil
}

// contextDigest covers name, mode and content of every file that the build may see. Not the
// modification time: a fresh clone of the same commit must not rebuild.
func (p *plan) contextDigest() (string, error) {
	ignored, err := patternmatcher.New(p.ignored)
	if err != nil {
		return "", fmt.Errorf("ignore file: %w", err)
	}
	sum := sha256.New()
	if err := hashFile(sum, p.dockerfile, "Dockerfile", 0); err != nil {
		return "", err
	}
	err = filepath.WalkDir(p.context, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(p.context, file)
		if err != nil || name == "." {
			return err
		}
		skip, err := ignored.MatchesOrParentMatches(name)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skip && !ignored.Exclusions() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if skip || err != nil {
			return err
		}
		return hashFile(sum, file, name, info.Mode())
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func hashFile(sum io.Writer, file, name string, mode fs.FileMode) error {
	content := sha256.New()
	switch {
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(file)
		if err != nil {
			return err
		}
		_, _ = io.WriteString(content, target)
	case mode.IsRegular():
		opened, err := os.Open(file)
		if err != nil {
			return err
		}
		defer opened.Close()
		if _, err := io.Copy(content, opened); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(sum, "%s\x00%s\x00%x\x00", filepath.ToSlash(name), mode, content.Sum(nil))
	return err
}
