"""A real Postgres and a real Redis: the given ones, or containers that live for the test run."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import docker

LOOPBACK = "127.0.0.1"
START_LIMIT = 60


@dataclass(frozen=True)
class Backends:
    """The addresses at which the tests find them."""

    database_url: str
    redis_url: str


@contextmanager
def backends() -> Iterator[Backends]:
    with ExitStack() as stack:
        database_url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(_postgres())
        redis_url = os.environ.get("TEST_REDIS_URL") or stack.enter_context(_redis())
        yield Backends(database_url, redis_url)


@contextmanager
def _postgres() -> Iterator[str]:
    settings = {"POSTGRES_USER": "task_user", "POSTGRES_PASSWORD": "x", "POSTGRES_DB": "tests"}
    # Nothing here outlives the run, so nothing needs to reach a disk.
    command = ["postgres", "-c", "fsync=off", "-c", "full_page_writes=off"]
    ready = ["pg_isready", "-h", LOOPBACK, "-U", "task_user", "-d", "tests"]
    options = {"environment": settings, "command": command}
    with _container("postgres:17-trixie", 5432, ready, **options) as port:
        yield f"postgresql://task_user:x@{LOOPBACK}:{port}/tests"


@contextmanager
def _redis() -> Iterator[str]:
    with _container("redis:8-trixie", 6379, ["redis-cli", "ping"]) as port:
        yield f"redis://{LOOPBACK}:{port}/0"


@contextmanager
def _container(image: str, port: int, ready: list[str], **options: Any) -> Iterator[int]:
    client = docker.from_env()
    # No port of the host's is given: Docker picks a free one.
    options["ports"] = {f"{port}/tcp": (LOOPBACK, None)}
    container = client.containers.run(image, detach=True, auto_remove=True, **options)
    try:
        _until(lambda: container.exec_run(ready).exit_code == 0, what=image)
        container.reload()
        bindings = container.ports[f"{port}/tcp"] or []
        yield int(bindings[0]["HostPort"])
    finally:
        container.remove(force=True, v=True)
        client.close()


def _until(true: Callable[[], bool], *, what: str) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not start within {START_LIMIT} s")
        time.sleep(0.2)
