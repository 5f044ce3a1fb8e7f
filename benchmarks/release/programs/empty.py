"""A program without a resource that imports what ours imports for stack local."""

import pulumi
import pulumi_docker

__all__ = ["pulumi", "pulumi_docker"]
