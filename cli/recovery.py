# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""Take up where a deployment was cut off: a lost lock, operations half done, containers astray.

Pulumi's engine has no time to tidy up when it is killed. Its lock stays, and the resource it was
creating may exist without being in the state: the next deployment would be refused, or collide.
"""

import json
import os
import re
import socket
import subprocess
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError

from cli import file_backend
from cli.deployed import attached
from cli.resource_types import CONTAINER, NETWORK
from cli.stack import Stack, resources
from infra.docker_client import Client
from infra.errors import UserError

# Making one of these again is no harm. Of anything else, such as a thing at AWS, only a person can
# say what became of it: Pulumi tells them.
REPEATABLE = ("docker:", "pulumi-python:dynamic/")
RANDOM_END = "(-[0-9a-f]{7})?"


@dataclass(frozen=True)
class Lock:
    """The process that changes a stack, as Pulumi's file backend writes it down."""

    pid: int
    username: str
    hostname: str
    timestamp: str

    @property
    def lost(self) -> bool:
        """Whether its process was on this machine and is gone."""
        return self.hostname == socket.gethostname() and not _is_pulumi(self.pid)


def resume(stack: Stack) -> dict[str, Any]:
    """Make the stack ready for a deployment, whatever became of the last one; its state then.

    Raises UserError when another one is under way.
    """
    locks = refuse_under_way(stack)
    file_backend.remove_empty_attributes()
    if locks:
        print(f"The last deployment was cut off (process {locks[0].pid} is gone): going on.")
        stack.pulumi("cancel", "--yes")
    return _reconcile(stack)


def refuse_under_way(stack: Stack) -> list[Lock]:
    """Return where no deployment is under way, with the locks that were left behind.

    Raises UserError when one is.
    """
    locks = list(_locks(stack.name))
    for lock in locks:
        if not lock.lost:
            raise UserError(_under_way(stack.name, lock))
    return locks


def _locks(name: str) -> Iterator[Lock]:
    # Pulumi Cloud says it in its own words.
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    if backend.startswith("s3://"):
        # The AWS SDK takes as long to load as all other commands together.
        from cli import s3_locks

        for said in s3_locks.read(backend, name):
            # A number of a process means nothing on another machine, and runners share their names.
            yield _lock({**said, "hostname": f"{said['hostname']} (state in S3)"})
    for file in file_backend.locks(name):
        with suppress(OSError, ValueError, KeyError):
            yield _lock(json.loads(file.read_text()))


def _lock(said: Mapping[str, Any]) -> Lock:
    return Lock(**{key: said[key] for key in Lock.__dataclass_fields__})


def _is_pulumi(pid: int) -> bool:
    """Whether the process lives and is Pulumi: numbers are used again."""
    if Path("/proc/self/stat").exists():
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        except OSError:
            return False
        state = rest.strip()
    else:
        command = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        state, _, name = done.stdout.strip().partition(" ")
    # A zombie, which its parent has not waited for yet, is dead.
    return bool(state) and not state.startswith("Z") and "pulumi" in name


def _under_way(name: str, lock: Lock) -> str:
    began = datetime.fromisoformat(lock.timestamp).astimezone(UTC)
    minutes = int((datetime.now(UTC) - began).total_seconds()) // 60
    here = lock.hostname == socket.gethostname()
    way_out = (
        f"If it hangs, end it (kill {lock.pid}) and run this again: it continues from there."
        if here
        else f"If it was killed, or its machine or job is gone, run `pulumi cancel --stack {name}` "
        "and then this again."
    )
    return (
        f"Another deployment of stack {name} is under way: by {lock.username} on {lock.hostname} "
        f"(process {lock.pid}), since {began:%H:%M:%S} UTC, {minutes} min ago.\n"
        f"Wait until it has ended, then run this again. {way_out}"
    )


def _reconcile(stack: Stack) -> dict[str, Any]:
    """Remove resources that exist and are not in the state, then forget the operations."""
    state = stack.state()
    deployment: dict[str, Any] = state["deployment"]
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    ours = [
        operation for operation in pending if operation["resource"]["type"].startswith(REPEATABLE)
    ]
    if not ours:
        return state
    known: set[str] = {resource.get("id", "") for resource in resources(state)}
    with _engine(stack) as client:
        for operation in ours:
            _remove_stray(client, operation["resource"], known)
    deployment["pending_operations"] = [operation for operation in pending if operation not in ours]
    stack.replace_state(state)
    return state


@contextmanager
def _engine(stack: Stack) -> Generator[docker.DockerClient]:
    # A first deployment has no outputs yet to find Docker Engine by.
    if stack.setting("target") == "local":
        with closing(Client.from_env()) as client:
            yield client
    else:
        with attached(stack) as deployed:
            yield deployed.client


def _remove_stray(client: docker.DockerClient, resource: dict[str, Any], known: set[str]) -> None:
    name = resource["urn"].rpartition("::")[2]
    # Whatever is in use by something else is not ours to take.
    with suppress(APIError):
        if resource["type"] == CONTAINER:
            pattern = re.compile(re.escape(name) + RANDOM_END)
            for container in client.containers.list(all=True, filters={"name": name}):
                if pattern.fullmatch(str(container.name)) and container.id not in known:
                    container.remove(force=True)
                    print(f"Removed {container.name}, which an interrupted deployment left.")
        if resource["type"] == NETWORK:
            given = resource["inputs"]["name"]
            for network in client.networks.list(names=[given]):
                if network.name == given and network.id not in known:
                    network.remove()
                    print(f"Removed the network {given}, which an interrupted deployment left.")
