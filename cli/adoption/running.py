# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""The containers of a deployment that runs, and the settings and secrets that are in them."""

import io
import re
import tarfile
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import ImageNotFound, NotFound

from cli.stack import Stack
from infra import connections
from infra.components.api import SECRETS
from infra.components.backup import SCRIPTS, THERE
from infra.components.postgres import PASSWORD_FILE
from infra.components.repository import SECRET_FILE, SETTINGS_FILE
from infra.database import PASSWORD_SCRIPT
from infra.errors import UserError
from infra.steps import proxy_guard

HELD_IN = {
    "databasePassword": ("postgres", PASSWORD_FILE),
    "secretKey": ("api-1", f"{SECRETS}/secret_key"),
    "backupSecret": ("backup", SECRET_FILE),
}
"""By secret of the configuration: the container and the file that hold it."""
FILES = {
    "postgres": (PASSWORD_FILE, PASSWORD_SCRIPT, SETTINGS_FILE),
    "backup": (
        SECRET_FILE,
        SETTINGS_FILE,
        *(f"{THERE}/{script.name}" for script in SCRIPTS.glob("*.sh")),
    ),
    "api": tuple(f"{SECRETS}/{name}" for name in ("database_url", "redis_url", "secret_key")),
}
"""The files that the program writes into a container; a preview shows no secret."""
CONNECTIONS = "--max_connections="
INSIDE = "80/tcp"
"""The port of the proxy that it publishes."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A deployment that runs.

    name: the beginning of its containers' names.
    client: of its Docker Engine.
    containers: by the name of their resource; an api container only if it gets requests.
    left: the api containers that get none, of releases that failed, by the name of their resource.
    """

    name: str
    client: docker.DockerClient
    containers: dict[str, Any]
    left: list[tuple[str, Any]]

    @property
    def serving(self) -> list[str]:
        """The names of the api containers that get requests."""
        return [
            str(container.name)
            for resource, container in self.containers.items()
            if resource.startswith(f"{self.name}-api-")
        ]

    @property
    def connections(self) -> int:
        """The connections that its Postgres allows."""
        postgres = self.containers.get(f"{self.name}-postgres")
        words: list[str] = (postgres.attrs["Config"]["Cmd"] or []) if postgres is not None else []
        allowed = [word.removeprefix(CONNECTIONS) for word in words if word.startswith(CONNECTIONS)]
        return int(allowed[0]) if allowed else connections.DEFAULT

    def secrets(self) -> dict[str, str]:
        """The secrets of the configuration, from the containers that hold them.

        Raises UserError where one is missing.
        """
        return {key: self._secret(key) for key in HELD_IN}

    def settings(self) -> dict[str, str]:
        """The settings of the configuration that show outside."""
        [binding] = self.containers[f"{self.name}-proxy"].attrs["HostConfig"]["PortBindings"][
            INSIDE
        ]
        return {
            "bindAddress": binding["HostIp"],
            "port": binding["HostPort"],
            "replicas": str(len(self.serving)),
        }

    def _secret(self, key: str) -> str:
        part, path = HELD_IN[key]
        container = self.containers.get(f"{self.name}-{part}")
        secret = file(container, path) if container is not None else None
        if not secret:
            raise UserError(
                f"{self.name} cannot be adopted: {key} would be read from {path} in the container "
                f"{self.name}-{part}, which is not there. Nothing was changed. Fix: remove the "
                "containers, keep the volumes, and deploy anew: docker rm --force $(docker ps "
                f"--all --quiet --filter network={self.name}) && docker network rm {self.name} && "
                "make up"
            )
        return secret


def look(stack: Stack, client: docker.DockerClient) -> Running:
    """The deployment of the name of `stack`.

    Raises UserError where no proxy or no api container serves.
    """
    name = stack.prefix()
    present = {str(container.name): container for container in stack.containers(client)}
    serving = proxy_guard.serving(client, proxy=f"{name}-proxy", service=name)
    if not serving or not set(serving) <= set(present):
        raise UserError(
            f"{name} cannot be adopted: its proxy sends requests to no api container that is there."
            f" Nothing was changed. Fix: start the stopped containers (docker ps --all --filter "
            f"network={name}), then the same command again"
        )
    containers: dict[str, Any] = {}
    left: list[tuple[str, Any]] = []
    for container_name, container in present.items():
        api = re.fullmatch(rf"({re.escape(name)}-api-\d+)-[0-9a-f]+", container_name)
        if api and container_name not in serving:
            left.append((api[1], container))
        else:
            containers[api[1] if api else container_name] = container
    return Running(name=name, client=client, containers=containers, left=left)


def files(container: Any, resource: str) -> dict[str, str]:
    """The text of each file that the program wrote into the container of `resource`, by path."""
    part = next((part for part in FILES if f"-{part}" in resource), "")
    texts = {path: file(container, path) for path in FILES.get(part, ())}
    return {path: text for path, text in texts.items() if text is not None}


def file(container: Any, path: str) -> str | None:
    """The text of a file in a container, running or not; None where there is no such file."""
    try:
        stream, _ = container.get_archive(path)
    except NotFound:
        return None
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        content = archive.extractfile(archive.next() or tarfile.TarInfo())
        return content.read().decode() if content else None


def environment(container: Any, client: docker.DockerClient) -> list[str]:
    """The environment that a container was given, beside the one of its image."""
    inherited: list[str] = _image(container, client).get("Env") or []
    given: list[str] = container.attrs["Config"]["Env"] or []
    return [variable for variable in given if variable not in inherited]


def labels(container: Any, client: docker.DockerClient) -> dict[str, str]:
    """The labels that a container was given, beside those of its image."""
    inherited: dict[str, str] = _image(container, client).get("Labels") or {}
    given: dict[str, str] = container.attrs["Config"]["Labels"] or {}
    return {label: value for label, value in given.items() if inherited.get(label) != value}


def _image(container: Any, client: docker.DockerClient) -> dict[str, Any]:
    """The configuration of its image; empty where Docker Engine has that no more."""
    try:
        return client.images.get(container.attrs["Image"]).attrs["Config"] or {}
    except ImageNotFound:
        return {}
