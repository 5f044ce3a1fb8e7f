# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""The resources in a stack's state against those on Docker Engine, before a deployment.

Pulumi believes its state: a container that a person removed is "unchanged" for ever. A refresh
would notice, and forget that a failed release failed; so only what is missing leaves the state.
"""

from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from cli import foreign_deployment
from cli.deployed import attached
from cli.foreign_deployment import Foreign
from cli.resource_types import BUILT, CONTAINER, NETWORK, PULLED, VOLUME
from cli.stack import Resource, Stack, outputs, resources, title
from cli.state_edit import take_out
from infra.docker_client import Client
from infra.errors import UserError

SHARED = (VOLUME, PULLED, BUILT)
"""Docker makes them without an error where they are there already, whoever made them."""
RUN_AGAIN: dict[str, Callable[[Any], None]] = {
    "exited": lambda container: container.start(),
    "created": lambda container: container.start(),
    "paused": lambda container: container.unpause(),
}


def reconcile(stack: Stack, state: dict[str, Any]) -> list[Resource]:
    """Let the stack's `state` name only resources that Docker Engine has, so the others are made.

    A part that was stopped or paused runs again. The result is the resources that are missing.
    Raises UserError where another clone's deployment has this one's name, and where the host does
    not answer.
    """
    with _host(stack, state) as client:
        if client is None:
            return []
        _refuse_foreign(stack, state, client)
        gone = _forget_missing(stack, state, client)
        if gone:
            print(f"Missing on Docker Engine, and made again: {', '.join(map(title, gone))}.")
        _run_again(state, client)
        return gone


def announce(stack: Stack) -> None:
    """Say, before a preview, what a deployment would do besides; change nothing.

    Raises UserError where another clone's deployment has this one's name.
    """
    state = stack.state()
    try:
        with _host(stack, state) as client:
            if client is None:
                return
            _refuse_foreign(stack, state, client)
            gone = _missing(stack, state, client)
    except UserError as problem:
        if stack.setting("target") == "local":
            raise
        # A preview needs no connection to a host on AWS.
        print(f"The host was not compared with the state: {str(problem).splitlines()[0]}")
        return
    if gone:
        names = ", ".join(map(title, gone))
        print(f"Missing on Docker Engine: {names}. {stack.make('up')} makes that again, too.")


def reconcile_for_removal(stack: Stack) -> Foreign | None:
    """Take out of the state what is not to be deleted: it is gone, or another clone's.

    The result is the deployment of that clone, if there is one of this name.
    """
    if stack.setting("target") != "local":
        return None
    state = stack.state()
    with engine() as client:
        other = foreign_deployment.find(stack, state, client)
        if other:
            shared = [part for part in resources(state) if part["type"] in SHARED]
            take_out(state, shared)
            stack.replace_state(state)
        _forget_missing(stack, state, client)
    return other


def _forget_missing(
    stack: Stack, state: dict[str, Any], client: docker.DockerClient
) -> list[Resource]:
    gone = _missing(stack, state, client)
    if gone:
        take_out(state, gone)
        stack.replace_state(state)
    return gone


def _refuse_foreign(stack: Stack, state: dict[str, Any], client: docker.DockerClient) -> None:
    # A host on AWS is the stack's own.
    if stack.setting("target") == "local" and (
        other := foreign_deployment.find(stack, state, client)
    ):
        raise UserError(foreign_deployment.refusal(stack, other))


@contextmanager
def _host(stack: Stack, state: dict[str, Any]) -> Generator[docker.DockerClient | None]:
    """A client of the Docker Engine that the stack is on; None before its host was made."""
    if stack.setting("target") == "local":
        with engine() as client:
            yield client
    elif outputs(state).get("endpoint"):
        with attached(stack) as deployed:
            yield deployed.client
    else:
        yield None


@contextmanager
def engine() -> Generator[docker.DockerClient]:
    """A client of this machine's engine.

    Raises UserError when it does not answer.
    """
    try:
        client = Client.from_env()
        client.ping()
    except DockerException as error:
        raise UserError(
            f"Docker Engine does not answer: {str(error).splitlines()[0]}. Fix: start Docker"
        ) from None
    with closing(client):
        yield client


def _missing(stack: Stack, state: dict[str, Any], client: docker.DockerClient) -> list[Resource]:
    """Those that the state has and the host's Docker Engine has not."""
    # Without the details of each, one request for all of them: a machine may have a hundred.
    containers = client.containers.list(all=True, sparse=True)
    present = {
        CONTAINER: {container.id for container in containers},
        NETWORK: {network.id for network in client.networks.list()},
        VOLUME: {volume.id for volume in client.volumes.list()},
    }
    # Images for a host on AWS are built elsewhere, perhaps on a runner that is gone.
    images = (PULLED, BUILT) if stack.setting("target") == "local" else (PULLED,)
    return [
        resource
        for resource in resources(state)
        if (resource["type"] in present and resource.get("id") not in present[resource["type"]])
        or (resource["type"] in images and not _has_image(resource, client))
    ]


def _has_image(resource: Resource, client: docker.DockerClient) -> bool:
    known: dict[str, Any] = resource.get("outputs") or {}
    name = known.get("imageId") if resource["type"] == PULLED else known.get("repoDigest")
    # A reference that is not plain cannot be asked for.
    if not isinstance(name, str) or not name:
        return True
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _run_again(state: dict[str, Any], client: docker.DockerClient) -> None:
    """Start those that serve and were stopped: what a failed release left stays as it is."""
    serving: set[str] = set(outputs(state).get("containers", []))
    for resource in resources(state):
        if resource["type"] != CONTAINER or resource.get("delete"):
            continue
        name = resource["outputs"].get("name", "")
        # One that owns a volume or a port is called as its resource.
        if name not in serving and name != resource["urn"].rpartition("::")[2]:
            continue
        container = client.containers.get(resource["id"])
        if container.status in RUN_AGAIN:
            before = container.status
            try:
                RUN_AGAIN[before](container)
            except APIError as error:
                raise UserError(
                    f"The container {name} was {before} and does not start: {error.explanation}. "
                    f"Fix: docker rm {name}, and then the same command again: it is made anew"
                ) from None
            print(f"Started {name} again, which was {before}.")
