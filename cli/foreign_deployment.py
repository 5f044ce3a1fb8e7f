# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""A deployment on Docker Engine that has this one's name and is in another clone's state."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from cli.resource_types import NETWORK
from cli.stack import Stack, resources
from infra import project
from infra.names import FOLDER, RELEASED_BY


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """A deployment that has the name of this one and is in another state.

    name: the beginning of its containers' names.
    folder: of the clone that it was deployed from; empty where it does not say.
    released_by: the person and the machine, the same way.
    containers: how many it has.
    """

    name: str
    folder: str
    released_by: str
    containers: int


def find(stack: Stack, state: dict[str, Any], client: docker.DockerClient) -> Foreign | None:
    """The deployment on Docker Engine that is not the one of `state`, if there is one."""
    name = stack.prefix()
    ids = {network.id for network in client.networks.list(names=[name]) if network.name == name}
    known = {resource.get("id") for resource in resources(state) if resource["type"] == NETWORK}
    if not ids or ids & known:
        return None
    containers = stack.containers(client)
    labelled = [container for container in containers if FOLDER in container.labels]
    said: dict[str, str] = labelled[0].labels if labelled else {}
    return Foreign(
        name=name,
        folder=said.get(FOLDER, ""),
        released_by=said.get(RELEASED_BY, ""),
        containers=len(containers),
    )


def refusal(stack: Stack, other: Foreign) -> str:
    """The message that names the other deployment and the ways on."""
    whose = " and ".join(
        part
        for part in (
            f"from the folder {other.folder}" if other.folder else "",
            f"by {other.released_by}" if other.released_by else "",
        )
        if part
    )
    port = stack.setting("port")
    engine = os.environ.get("DOCKER_HOST", "")
    ways = [
        "To deploy beside it, with another name and port:\n"
        f"    pulumi config set taskmanager:name {other.name}-2 --stack {stack.name} && "
        f"pulumi config set taskmanager:port {int(port) + 1} --stack {stack.name}",
        way_to_its_state(other)
        or "To take it over into this clone, with its data and secrets, while it serves:\n"
        f"    {stack.make('adopt')}",
        "To remove it, but for its data:\n"
        f"    docker rm --force $(docker ps --all --quiet --filter network={other.name}) && "
        f"docker network rm {other.name}",
    ]
    return (
        f"Docker Engine{f' at {engine}' if engine else ''} has a deployment called {other.name} "
        f"that is not in this clone's state: {other.containers} containers"
        f"{f', deployed {whose}' if whose else ''}. Nothing was changed.\n  " + "\n  ".join(ways)
    )


def way_to_its_state(other: Foreign) -> str:
    """The commands to where its state is, if another clone on this machine has it; else empty."""
    folder = Path(other.folder) if other.folder else None
    if folder is None or folder == project.root() or not (folder / ".local" / "state").is_dir():
        return ""
    there = shlex.quote(str(folder))
    return (
        f"To change it, deploy from its own folder:\n    cd {there}\n"
        "  To take it over into this clone, with its state and secrets, while it serves:\n"
        f"    rm -rf .local/state && mv {there}/.local/state .local/ && "
        f"cp {there}/.local/passphrase .local/ && cp {there}/Pulumi.local.yaml ."
    )
