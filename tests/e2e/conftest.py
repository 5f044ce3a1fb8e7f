"""Deployments for the end-to-end tests: the real engine, on real Docker."""

import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.trial.deployment import REPOSITORY, Deployment

DEFAULT_ENGINE = "unix:///var/run/docker.sock"


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def python_version() -> str:
    """The Python version that set-up found a base image for."""
    command = ["pulumi", "config", "get", "taskmanager:pythonVersion", "--stack", "local"]
    return subprocess.run(
        command, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def deploy(
    tmp_path_factory: pytest.TempPathFactory, python_version: str
) -> Iterator[Callable[..., Deployment]]:
    """Make deployments that are not yet up, on an engine of choice; all are removed at the end."""
    made: list[Deployment] = []

    def make(engine: str | None = None) -> Deployment:
        deployment = Deployment(
            folder=Path(tmp_path_factory.mktemp("deployment")),
            name=f"e2e-{secrets.token_hex(3)}",
            port=free_port(),
            engine=engine or os.environ.get("DOCKER_HOST", DEFAULT_ENGINE),
        )
        made.append(deployment)
        deployment.create(python_version)
        return deployment

    yield make
    for deployment in made:
        deployment.remove()


@pytest.fixture(scope="module")
def running(deploy: Callable[..., Deployment]) -> Deployment:
    """A deployment of the code as it is, up and serving; the tests of a module share it."""
    deployment = deploy()
    deployment.release()
    return deployment
