"""The two stacks on AWS as recorded graphs."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from tests.infra.graph import PROJECT, ROOT, TOKEN, Graph, Node, run

PUBLIC_KEY = "ssh-ed25519 " + "A" * 64 + " deployer@test"
STACKS = ("dev", "prod")


def settings(stack: str) -> dict[str, str]:
    """What `Pulumi.<stack>.yaml` says, as the engine hands it over."""
    given = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {
        key.removeprefix(f"{PROJECT}:"): value if isinstance(value, str) else json.dumps(value)
        for key, value in given.items()
    }


def deploy(stack: str, config: Mapping[str, str | None] | None = None, **options: Any) -> Graph:
    """The committed settings of `stack`, plus what only its owner knows, plus `config`."""
    owner = {"sshPublicKeys": PUBLIC_KEY}
    environment = {"GITHUB_TOKEN": TOKEN, **options.pop("environment", {})}
    given = {**settings(stack), **owner, **(config or {})}
    return run(stack=stack, config=given, environment=environment, **options)


def aws(graph: Graph) -> list[Node]:
    """What is made in the account."""
    return [node for node in graph.nodes if node.type.startswith("aws:")]
