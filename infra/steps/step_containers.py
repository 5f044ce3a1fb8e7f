"""The stopped containers that the classic builder leaves, one for each step of a Dockerfile.

The provider lets Docker Engine keep them: it sets neither `rm` nor `forcerm` of a build
(pulumi-docker 5.2.0, provider/image.go).
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

from docker import DockerClient
from docker.errors import APIError, DockerException

from infra import docker_engine

SHELL = ["/bin/sh", "-c"]
ENDED = ("created", "exited", "dead")
UNUSED = timedelta(seconds=10)
"""How long a container has not run: the builder makes the image of a step from it first."""


@dataclass(frozen=True)
class Build:
    """The steps that led to an image.

    steps: the image before a step, and the command of the step, as the history has it.
    between: the images without a name, in which only the builder starts a shell.
    """

    steps: frozenset[tuple[str, str]]
    between: frozenset[str]

    def made(self, container: Any) -> bool:
        """Whether a container is one of a step, also of one that failed."""
        image: str = container.attrs["Image"]
        command: list[str] = container.attrs["Config"]["Cmd"] or []
        if command[:2] != SHELL:
            return False
        text = " ".join(command)
        return image in self.between or any(
            before == image and step.endswith(text) for before, step in self.steps
        )


def remove(repository: str) -> None:
    """Remove those of the images called `repository` from the Docker Engine that builds.

    What cannot be removed now is removed after a later build: no release fails by it.
    """
    with suppress(DockerException), docker_engine.connect(docker_engine.endpoint()) as client:
        for container in list(left(client, repository)):
            with suppress(APIError):
                container.remove()


def left(client: DockerClient, repository: str) -> Iterator[Any]:
    """The stopped containers of steps that led to an image called `repository`."""
    builds = [_build(image.history()) for image in client.images.list(name=repository)]
    images = {image for build in builds for image, _ in build.steps}
    for known in cast(Any, client.api).containers(all=True):
        if known["State"] in ENDED and known["ImageID"] in images:
            with suppress(APIError):
                container = client.containers.get(known["Id"])
                if _idle(container.attrs) >= UNUSED and any(
                    build.made(container) for build in builds
                ):
                    yield container


def _idle(attributes: dict[str, Any]) -> timedelta:
    """How long a container does not run; the year 1 stands for the end of one that never did."""
    times = (attributes["Created"], attributes["State"]["FinishedAt"])
    newest = max(datetime.fromisoformat(time[:19]).replace(tzinfo=UTC) for time in times)
    return datetime.now(UTC) - newest


def _build(history: Iterable[dict[str, Any]]) -> Build:
    # The newest first; what another machine built has no ids.
    return Build(
        steps=frozenset(
            (before["Id"], step["CreatedBy"])
            for step, before in pairwise(history)
            if before["Id"] != "<missing>"
        ),
        between=frozenset(entry["Id"] for entry in history if not entry["Tags"]) - {"<missing>"},
    )
