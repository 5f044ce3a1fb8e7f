"""A program without resources that imports the same providers as ours for stack local."""

import pulumi
import pulumi_docker

__all__ = ["pulumi", "pulumi_docker"]
