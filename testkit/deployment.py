"""A deployment of a working copy of this repository on a Docker Engine of this machine."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError
from docker.models.containers import Container

from bootstrap.paths import ROOT
from infra.docker_client import Client
from testkit.idle_priority import at_idle_priority
from testkit.outcome import CommandFailed, Outcome
from testkit.stack_driver import StackDriver
from testkit.working_copy import copy_to

DEFAULT_ENGINE = "unix:///var/run/docker.sock"
UNLIMITED = "\n".join(
    f'{limit} = RateLimit("{limit.lower()}", RateLimitItemPerHour(1_000_000_000))'
    for limit in ("UPLOAD", "UPLOADS", "COMMENT", "WRITE")
)
UNBOUNDED = "COMMENTS = COMMENTS_OF_TASKS = FILES = 1_000_000_000"
SETTINGS = {"healthTimeout": "15", "drainTimeout": "10", "migrationTimeout": "60"}


@dataclass(kw_only=True)
class Deployment(StackDriver):
    """Stack `local` of a copy.

    name: the prefix of everything it makes.
    port: the public port on 127.0.0.1.
    engine: the endpoint of the Docker Engine.
    idle_priority: run commands at idle priority, as if on another machine.
    """

    name: str
    port: int
    engine: str
    idle_priority: bool = False
    client: docker.DockerClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(base_url=self.engine, timeout=60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def plan(
        cls, folder: Path, *, engine: str | None = None, idle_priority: bool = False
    ) -> "Deployment":
        """A deployment in the empty `folder` under a name and a port that nothing else uses."""
        return cls(
            folder=folder,
            name=f"test-{secrets.token_hex(3)}",
            port=free_port(),
            engine=engine or os.environ.get("DOCKER_HOST", DEFAULT_ENGINE),
            idle_priority=idle_priority,
        )

    def create(self) -> None:
        """Copy the repository's files and make an empty stack with secrets of its own."""
        copy_to(self.folder)
        (self.folder / ".local" / "state").mkdir(parents=True)
        # The load uploads and comments more than a user may, and all on a few tasks.
        self.edit("app/services/rate_limits.py", UNLIMITED)
        self.edit("app/services/bounds.py", UNBOUNDED)
        self.must("stack", "init", "local")
        settings = {
            "target": "local",
            "name": self.name,
            "port": str(self.port),
            "pythonVersion": python_version(),
            **SETTINGS,
        }
        for key, value in settings.items():
            self.configure(key, value)
        for key in ("databasePassword", "secretKey", "backupSecret"):
            self.configure(key, os.urandom(32).hex(), "--secret")

    def command(self, words: Sequence[str]) -> Sequence[str]:
        return at_idle_priority(words) if self.idle_priority else words

    def environment(self) -> dict[str, str]:
        own = self._own_variables(self.folder / ".local/state", "of the end-to-end tests")
        return {**os.environ, **own, "DOCKER_HOST": self.engine}

    def release_logged(self, log: Path) -> Outcome:
        """Run `release` and write the events of Pulumi's engine into a new file `log`."""
        log.unlink(missing_ok=True)
        # Pulumi hides the option unless its commands are debugged.
        return self.release("--event-log", str(log), PULUMI_DEBUG_COMMANDS="true")

    def build_argument(self) -> str:
        """The build argument that the image is built with, as `docker build` takes it."""
        return f"PYTHON_VERSION={python_version()}"

    def containers(self, part: str = "") -> list[Container]:
        listed = self.client.containers.list(all=True, filters={"name": f"^{self.name}-{part}"})
        return sorted(listed, key=lambda container: str(container.name))

    def names(self, part: str = "") -> set[str]:
        return {str(container.name) for container in self.containers(part)}

    def inside(self, part: str, *command: str) -> str:
        """The output of a command in a container, which must succeed."""
        container: Any = self.containers(part)[0]
        result = container.exec_run(list(command))
        output = str(result.output.decode(errors="replace").strip())
        if result.exit_code != 0:
            raise CommandFailed(f"{command[0]} in {part} exited {result.exit_code}: {output}")
        return output

    def events(self, since: float, **filters: Any) -> list[dict[str, Any]]:
        """Docker Engine's events about this deployment's containers from `since` to now."""
        events = self.client.events(
            since=int(since), until=int(time.time()) + 1, decode=True, filters=filters
        )
        return [
            event
            for event in events
            if event["Actor"]["Attributes"].get("name", "").startswith(self.name)
        ]

    def remove(self) -> None:
        """Remove everything of this deployment, in whatever state a test left it."""
        with closing(self.client):
            for container in self.containers():
                container.remove(force=True)
            for volume in self.client.volumes.list(filters={"name": f"{self.name}-"}):
                volume.remove(force=True)
            for network in self.client.networks.list(names=[self.name]):
                network.remove()
            for image in self.client.images.list():
                for tag in image.tags:
                    if f":{self.name}-" in tag or f":local-{self.name}" in tag:
                        self._remove_tag(tag)

    def _remove_tag(self, tag: str) -> None:
        try:
            self.client.images.remove(tag)
        except APIError as error:
            # Another deployment's container may run from the image, while its own tag has moved on.
            if error.status_code != HTTPStatus.CONFLICT:
                raise


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python_version() -> str:
    """The Python version that set-up found a base image for."""
    command = ["pulumi", "config", "get", "taskmanager:pythonVersion", "--stack", "local"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
