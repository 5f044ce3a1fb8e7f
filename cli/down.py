# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""Remove a deployment."""

import re
from contextlib import suppress
from typing import Any

import docker
from docker.errors import APIError, ImageNotFound

from cli import deployed, engine_inventory, one_off, operations, recovery, ssh_config
from cli.foreign_deployment import Foreign
from cli.stack import Stack
from infra import project
from infra.errors import UserError
from infra.names import build_tag

DATA = ("postgres-data", "redis-data", "uploads", "backups", "releases")
"""The volumes that outlive a deployment, without its prefix."""


def losses(stack: Stack, purge: bool) -> str:
    """The losses of `main`, for the question before it."""
    if stack.setting("target") == "ec2":
        return "removes its host and everything on AWS that it made, with the data."
    data = "all of its data: database, uploads, backups" if purge else "its data stays"
    return f"removes its containers and network; {data}."


def main(name: str, purge: bool) -> int:
    """Destroy stack `name`; its data volumes and images stay unless `purge`."""
    stack = Stack(name)
    elsewhere = str(stack.outputs().get("endpoint", "")).startswith("ssh://")
    recovery.resume(stack)
    other = engine_inventory.reconcile_for_removal(stack)
    ssh_config.prepare(stack)
    if elsewhere:
        _let_go(stack)
    elif not other:
        with engine_inventory.engine() as client:
            one_off.remove_left(client, stack.prefix())
    if operations.destroy(stack) != 0:
        return 1
    if elsewhere:
        # This machine's volumes may have the same names, and are another stack's.
        print("Removed, with its host.")
        return 0
    if other:
        print(_kept_for(other))
        return 0
    with engine_inventory.engine() as client:
        return _remove_data(stack, client) if purge else _name_data(stack, client)


def _data(stack: Stack, client: docker.DockerClient) -> list[Any]:
    # By their whole names: what compose keeps for development begins alike.
    names = {f"{stack.prefix()}-{data}" for data in DATA}
    return [volume for volume in client.volumes.list() if volume.name in names]


def _name_data(stack: Stack, client: docker.DockerClient) -> int:
    volumes = _data(stack, client)
    if not volumes:
        print("Removed; there is no data.")
        return 0
    kept = " ".join(sorted(str(volume.name) for volume in volumes))
    print(f"Removed. Its data stays in: {kept}\n  Remove that too: {stack.make('down')} PURGE=1")
    return 0


def _remove_data(stack: Stack, client: docker.DockerClient) -> int:
    volumes = _data(stack, client)
    for volume in volumes:
        try:
            volume.remove()
        except APIError as error:
            raise UserError(
                f"The volume {volume.name} cannot be removed: {error.explanation}. Fix: remove "
                f"the containers that use it (docker ps --all --filter volume={volume.name}), "
                f"and then: {stack.make('down')} PURGE=1"
            ) from None
    removed = 0
    for tag in _tags(stack, client):
        # By its tag: another stack's tag of the same image keeps that.
        with suppress(ImageNotFound, APIError):
            client.images.remove(tag)
            removed += 1
    print(f"Removed, with its data ({len(volumes)} volumes) and its images ({removed} tags).")
    return 0


def _tags(stack: Stack, client: docker.DockerClient) -> list[str]:
    """The tags of the stack's builds, and of the releases that it kept."""
    repository = stack.setting("repository")
    build = f"{repository}:{build_tag(project.declaration()['name'], stack.name, stack.prefix())}"
    builds = {build, f"{build}-postgres"}
    # Whole: a stack called taskmanager-2 has tags that begin like those of taskmanager.
    kept = re.compile(rf"{re.escape(f'{repository}:{stack.prefix()}')}-[0-9a-f]{{12}}")
    tags = [tag for image in client.images.list() for tag in image.tags]
    return [tag for tag in tags if tag in builds or kept.fullmatch(tag)]


def _kept_for(other: Foreign) -> str:
    whose = f" from the folder {other.folder}" if other.folder else ""
    return (
        "Removed the resources that this clone made. The containers and volumes called "
        f"{other.name}-… are those of a deployment{whose} that is not in this clone's state: "
        "they stay."
    )


def _let_go(stack: Stack) -> None:
    """Have the host in a state in which AWS lets go of its volume; raises UserError if not."""
    # The AWS SDK takes as long to load as all other commands together.
    from cli import ec2_host

    exported = stack.state()
    guarded = [
        resource["urn"] for resource in ec2_host.resources(exported) if resource.get("protect")
    ]
    if guarded:
        names = ", ".join(urn.rpartition("::")[2] for urn in guarded)
        raise UserError(
            f"Protected, so nothing was removed: {names}.\n"
            f"  Fix: pulumi config set -s {stack.name} protect false && {stack.make('up')}, then "
            f"{stack.make('down')} again (docs/aws.md, Taking it down)"
        )
    machine = ec2_host.find(stack, exported)
    if machine is None:
        return
    if machine.gone():
        ec2_host.forget(stack, exported, machine)
        return
    try:
        deployed.reach_host(stack, stack.outputs()["endpoint"])
    except UserError:
        machine.stop_by_force()
