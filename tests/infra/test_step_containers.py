"""The containers that a classic build leaves are removed, and no others: on a real engine."""

import io
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import docker
import pytest
from docker.errors import BuildError

from bootstrap.images import python_version
from infra import docker_engine
from infra.steps import step_containers

BASE = f"python:{python_version()}-slim"
STEPS = (
    "ARG WORD=said\nENV OTHER=1\nRUN echo $WORD first > /first\nWORKDIR /here\nRUN echo second\n"
)


@pytest.fixture
def client() -> Iterator[Any]:
    with closing(docker.DockerClient(docker_engine.endpoint())) as connected:
        yield connected


@pytest.fixture
def repository(client: Any) -> Iterator[str]:
    name = f"steps-{uuid.uuid4().hex[:8]}"
    yield name
    for image in client.images.list(name=name):
        client.images.remove(image.id, force=True)


def build(client: Any, tag: str, steps: str) -> None:
    """Build as the Docker plugin does with the classic builder: nothing is removed."""
    text = f"FROM {BASE}\nENV TRIAL={tag}\n{steps}".encode()
    client.images.build(fileobj=io.BytesIO(text), tag=tag, rm=False, forcerm=False)


def of(client: Any, word: str) -> list[Any]:
    """The containers that have `word` among their variables or in their command."""
    return [
        container
        for container in client.containers.list(all=True)
        if word in f"{container.attrs['Config']['Env']}{container.attrs['Config']['Cmd']}"
    ]


def test_the_containers_of_our_steps_go_and_those_of_others_stay(
    client: Any, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_containers, "UNUSED", timedelta(0))
    build(client, f"{repository}:a", STEPS)
    build(client, f"{repository}-other:a", STEPS.replace("first", "other"))
    ours = client.containers.create(f"{repository}:a", ["python", "-V"])
    try:
        assert len(of(client, f"{repository}:a")) > 2, "the builder leaves them"
        others = len(of(client, f"{repository}-other:a"))
        step_containers.remove(repository)
        assert of(client, f"{repository}:a") == [ours]
        assert len(of(client, f"{repository}-other:a")) == others > 1
    finally:
        ours.remove()
        step_containers.remove(f"{repository}-other")
        client.images.remove(f"{repository}-other:a")


def test_the_container_of_a_step_that_failed_goes_after_the_next_build(
    client: Any, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BuildError):
        build(client, f"{repository}:a", f"{STEPS}RUN exit 7\n")
    build(client, f"{repository}:a", f"{STEPS}RUN echo mended\n")
    step_containers.remove(repository)
    assert of(client, f"{repository}:a"), "the builder may still need what is this young"
    monkeypatch.setattr(step_containers, "UNUSED", timedelta(0))
    step_containers.remove(repository)
    assert of(client, f"{repository}:a") == []
