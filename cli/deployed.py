# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""A deployment on its host: the Docker Engine there, and the stack's containers."""

import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import docker
from docker.errors import DockerException

from cli import ssh_config
from cli.stack import Stack, resources
from cli.stack import outputs as stack_outputs
from infra import ssh
from infra.docker_client import Client
from infra.errors import UserError

STEP = "pulumi-python:dynamic/taskmanager:"
HOST_READY = f"{STEP}HostReady"
INSTANCE = "aws:ec2/instance:Instance"
# The setting that says who runs it, to what the name of its container goes on with.
STORES = {"database": "postgres", "cache": "redis"}


class UnreachableError(UserError):
    """The host, or its Docker Engine, does not answer at the address `host`."""

    def __init__(self, host: str, text: str) -> None:
        super().__init__(text)
        self.host = host


@dataclass
class Deployed:
    """The deployment of `stack` on its host, seen through `client`.

    `address` is the host's engine as `DOCKER_HOST` takes it on this machine.
    """

    stack: Stack
    outputs: dict[str, Any]
    address: str
    client: docker.DockerClient
    known: list[dict[str, Any]] | None = None

    @cached_property
    def prefix(self) -> str:
        """The beginning of the names of its containers."""
        return self.stack.prefix()

    def environment(self) -> dict[str, str]:
        """The variables with which the docker command reaches the same Docker Engine."""
        return {**os.environ, "DOCKER_HOST": self.address}

    def containers(self, part: str = "") -> list[Any]:
        """Its containers, running or not, whose name goes on with `part`; ordered by name."""
        return self.stack.containers(self.client, part=part)

    def resources(self) -> list[dict[str, Any]]:
        """The resources of the stack's state, as it was when first asked for."""
        if self.known is None:
            self.known = _resources(self.stack)
        return self.known

    def managed(self, key: str) -> bool:
        """Whether AWS runs the part that the setting `key` is about, and not a container."""
        return not self.containers(STORES[key]) and self.stack.setting(key) != "container"

    def running(self, part: str) -> Any:
        """The first running container whose name goes on with `part`.

        Raises UserError when there is none.
        """
        found = [container for container in self.containers(part) if container.status == "running"]
        if not found:
            raise UserError(
                f"Stack {self.stack.name} has no running {part.strip('-')}. "
                f"Fix: {self.stack.make('up')}"
            )
        return found[0]

    def ask(self, part: str, *command: str) -> str:
        """The output of `command` in the first running container of `part`.

        Raises UserError with its message when it fails.
        """
        container = self.running(part)
        result = container.exec_run(list(command))
        said = result.output.decode(errors="replace").strip()
        if result.exit_code != 0:
            raise UserError(f"{command[0]} in {container.name} failed: {said}")
        return said


def variables(container: Any) -> dict[str, str]:
    """The environment of a container, with that of its image."""
    return dict(line.split("=", 1) for line in container.attrs["Config"]["Env"])


@contextmanager
def attached(stack: Stack) -> Generator[Deployed]:
    """`stack` on its host; a host that is elsewhere is reached by ssh, its key pinned.

    Raises UserError when nothing is deployed, and UnreachableError when the host does not answer.
    """
    state = stack.state()
    known = resources(state)
    outputs = stack_outputs(state)
    endpoint = outputs.get("endpoint") or _known_endpoint(known)
    if not endpoint:
        raise UserError(f"Stack {stack.name} is not deployed. Fix: {stack.make('up')}")
    with _reached(stack, endpoint) as address:
        try:
            environment = {**os.environ, "DOCKER_HOST": address}
            with closing(Client.from_env(environment=environment)) as client:
                client.ping()
                yield Deployed(stack, outputs, address, client, known)
        except DockerException as error:
            reason = str(error).splitlines()[0]
            raise UnreachableError(
                endpoint, f"Docker Engine does not answer at {endpoint}: {reason}"
            ) from None


@contextmanager
def _reached(stack: Stack, endpoint: str) -> Generator[str]:
    if not endpoint.startswith("ssh://"):
        yield endpoint
        return
    with _ready_for_ssh(stack, endpoint), ssh.docker_socket(endpoint) as socket:
        yield f"unix://{socket}"


def reach_host(stack: Stack, endpoint: str) -> None:
    """Open the connection to the host of `stack` that the commands of a deployment share.

    Raises UnreachableError when it cannot be reached.
    """
    with _ready_for_ssh(stack, endpoint):
        ssh.share(endpoint)


@contextmanager
def _ready_for_ssh(stack: Stack, endpoint: str) -> Generator[None]:
    ssh_config.prepare(stack)
    for machine, key in _hosts(stack):
        ssh.pin(endpoint, key)
        ssh.remember(endpoint, machine)
    try:
        yield
    except ssh.SshError as error:
        raise UnreachableError(
            endpoint,
            f"{endpoint} cannot be reached: {error}\n"
            "  Fix: check that the host runs, and how it is reached (docs/aws.md, Access). A dead "
            f"one is replaced, with its data, by: {stack.make('replace-host')} DEAD=1",
        ) from None


def _known_endpoint(resources: list[dict[str, Any]]) -> str | None:
    """Of a first deployment that stopped halfway: it has no outputs, but steps that ran there."""
    steps = [resource["outputs"] for resource in resources if resource["type"].startswith(STEP)]
    return next((step["endpoint"] for step in steps if "endpoint" in step), None)


def _hosts(stack: Stack) -> list[tuple[str, str]]:
    """The machine and its key, from the state: known where nothing was ever deployed from."""
    resources = _resources(stack)
    machines = [str(resource["id"]) for resource in resources if resource["type"] == INSTANCE]
    ready = [resource["outputs"] for resource in resources if resource["type"] == HOST_READY]
    return [_host(known, machines) for known in ready]


def _host(known: dict[str, Any], machines: list[str]) -> tuple[str, str]:
    if known["machine"] in machines or not machines:
        return known["machine"], known.get("ownKey") or known["hostKey"]
    # Another machine, whose set-up has not succeeded yet: it has the first key, and no own one.
    return machines[0], known["hostKey"]


def _resources(stack: Stack) -> list[dict[str, Any]]:
    return resources(stack.state())
