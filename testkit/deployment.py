"""A deployment of a working copy of this repository, driven as a person drives it."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import requests
from docker.models.containers import Container

from bootstrap.paths import ROOT
from testkit.idle_priority import at_idle_priority
from testkit.outcome import CommandFailed, Outcome
from testkit.working_copy import copy_to

UP_LIMIT_SECONDS = 300
DEFAULT_ENGINE = "unix:///var/run/docker.sock"
PULUMI = ("pulumi", "--non-interactive", "--color", "never")
UP = ("up", "--stack", "local", "--yes", "--skip-preview")
SETTINGS = {"healthTimeout": "15", "drainTimeout": "10", "migrationTimeout": "60"}


@dataclass
class Deployment:
    """Stack `local` of the copy in `folder`, named `name`, on port `port` of `engine`.

    The commands of one that is `aside` hinder the service little more than on another machine,
    where they belong.
    """

    folder: Path
    name: str
    port: int
    engine: str
    idle_priority: bool = False
    client: docker.DockerClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = docker.DockerClient(base_url=self.engine, timeout=60)

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

    def pulumi(self, *words: str, **environment: str) -> Outcome:
        """Run `pulumi WORDS` on the stack; standard output and error come as one text."""
        return self._run(*PULUMI, *words, **environment)

    def tool(self, name: str, *words: str, typed: str = "") -> Outcome:
        """Run a command of `make`, as `python -m cli.NAME local WORDS`, and type into it."""
        return self._run(sys.executable, "-m", f"cli.{name}", "local", *words, typed=typed)

    def _run(self, *command: str, typed: str = "", **environment: str) -> Outcome:
        done = subprocess.run(
            at_idle_priority(command) if self.idle_priority else command,
            cwd=self.folder,
            check=False,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=UP_LIMIT_SECONDS,
            env={**self.environment(), **environment},
        )
        return Outcome(done.returncode, done.stdout)

    def environment(self) -> dict[str, str]:
        """What the command line needs to find this copy's state and engine."""
        return {
            **os.environ,
            "PULUMI_BACKEND_URL": (self.folder / ".local" / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of the end-to-end tests",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "DOCKER_HOST": self.engine,
            # The packages are another copy's: without this they bring its code along.
            "PYTHONPATH": str(self.folder),
        }

    def must(self, *words: str, **environment: str) -> str:
        """As `pulumi`, where only success is acceptable."""
        outcome = self.pulumi(*words, **environment)
        return outcome.or_raise(words).text

    def configure(self, key: str, value: str, *options: str) -> None:
        self.must("config", "set", "--stack", "local", *options, "--", f"taskmanager:{key}", value)

    def up(self, *options: str, **environment: str) -> Outcome:
        return self.pulumi(*UP, *options, **environment)

    def release(self, *options: str) -> Outcome:
        """`up` that must succeed."""
        outcome = self.up(*options)
        return outcome.or_raise(("up", *options))

    def release_logged(self, log: Path) -> Outcome:
        """`release`, with the engine's own events in the file `log` and nothing before them."""
        log.unlink(missing_ok=True)
        # The command line shows the option to those who debug it.
        options = ("--event-log", str(log))
        return self.up(*options, PULUMI_DEBUG_COMMANDS="true").or_raise(("up", *options))

    def preview(self, *options: str) -> Outcome:
        return self.pulumi("preview", "--stack", "local", *options)

    def outputs(self) -> dict[str, Any]:
        text = self.must("stack", "output", "--json", "--stack", "local")
        return json.loads(text[text.index("{") : text.rindex("}") + 1])

    def destroy(self) -> Outcome:
        return self.pulumi("destroy", "--stack", "local", "--yes", "--skip-preview")

    def build_argument(self) -> str:
        """The build argument that the image is built with, as `docker build` takes it."""
        return f"PYTHON_VERSION={python_version()}"

    def edit(self, name: str, add: str) -> None:
        """Append to a file of the service: a change of code."""
        path = self.folder / "service" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if path.exists() else ""
        path.write_text(f"{before}\n{add}\n")

    def containers(self, part: str = "") -> list[Container]:
        found = self.client.containers.list(all=True, filters={"name": f"^{self.name}-{part}"})
        return sorted(found, key=lambda container: str(container.name))

    def names(self, part: str = "") -> set[str]:
        return {str(container.name) for container in self.containers(part)}

    def inside(self, part: str, *command: str) -> str:
        """What a command in a container says; it must succeed."""
        container: Any = self.containers(part)[0]
        result = container.exec_run(list(command))
        said = str(result.output.decode(errors="replace").strip())
        if result.exit_code != 0:
            raise CommandFailed(f"{command[0]} in {part} exited {result.exit_code}: {said}")
        return said

    def version(self) -> str:
        """The release that answers through the public path."""
        response = requests.get(f"{self.url}/version", timeout=10)
        response.raise_for_status()
        return str(response.json()["version"])

    def events(self, since: float, **filters: Any) -> list[dict[str, Any]]:
        """What the engine did to this deployment's containers from `since` to now."""
        found = self.client.events(
            since=int(since), until=int(time.time()) + 1, decode=True, filters=filters
        )
        return [
            event
            for event in found
            if event["Actor"]["Attributes"].get("name", "").startswith(self.name)
        ]

    def remove(self) -> None:
        """Leave nothing behind, whatever state a test left it in."""
        with closing(self.client):
            for container in self.containers():
                container.remove(force=True)
            for volume in self.client.volumes.list(filters={"name": f"{self.name}-"}):
                volume.remove(force=True)
            for network in self.client.networks.list(names=[self.name]):
                network.remove()
            for image in self.client.images.list():
                for tag in image.tags:
                    if f":{self.name}-" in tag:
                        self.client.images.remove(tag)


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
