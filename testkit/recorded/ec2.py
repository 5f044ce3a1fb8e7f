"""The two stacks on AWS as recorded graphs."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from testkit.recorded.program import PROJECT, ROOT, TOKEN, Graph, Node, run

PUBLIC_KEY = "ssh-ed25519 " + "A" * 64 + " deployer@test"
STACKS = ("dev", "prod")
CACHE_PASSWORD = "cache-password-0123456789abcdef"
MANAGED = {
    "database": "rds",
    "cache": "elasticache",
    "storage": "s3",
    "cachePassword": CACHE_PASSWORD,
}
VARIANTS: dict[str, tuple[str, dict[str, str]]] = {
    "dev": ("dev", {}),
    "prod": ("prod", {}),
    "managed": ("prod", MANAGED),
}
"""The stacks that the policies are checked for, with settings beyond the committed ones."""
# Providers have none; only resources on the host are deleted with it.
ON_HOST = ("docker:index/", "pulumi-python:dynamic/taskmanager:")
BEFORE_HOST = ("GrowingSize", "HostReady", "index/image:Image")


def settings(stack: str) -> dict[str, str]:
    """The settings in `Pulumi.<stack>.yaml`, as Pulumi's engine passes them."""
    given = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {
        key.removeprefix(f"{PROJECT}:"): value if isinstance(value, str) else json.dumps(value)
        for key, value in given.items()
    }


def deploy(stack: str, config: Mapping[str, str | None] | None = None, **options: Any) -> Graph:
    """The committed settings of `stack`, the settings that its owner adds, and `config`."""
    owner = {"sshPublicKeys": PUBLIC_KEY}
    environment = {"GITHUB_TOKEN": TOKEN, **options.pop("environment", {})}
    given = {**settings(stack), **owner, **(config or {})}
    return run(stack=stack, config=given, environment=environment, **options)


def aws(graph: Graph) -> list[Node]:
    """The resources in the AWS account."""
    return [node for node in graph.nodes if node.type.startswith("aws:")]


def variant(name: str) -> Graph:
    """One of VARIANTS."""
    stack, config = VARIANTS[name]
    return deploy(stack, config)


def instance(graph: Graph) -> Node:
    """The machine."""
    [node] = graph.of("ec2/instance:Instance")
    return node


def prefix(graph: Graph) -> str:
    """The prefix of every name in the deployment."""
    return instance(graph).name.removesuffix("-instance")


def on_host(graph: Graph) -> list[Node]:
    """The resources on the host."""
    return [
        node
        for node in graph.nodes
        if node.type.startswith(ON_HOST) and not node.type.endswith(BEFORE_HOST)
    ]
