"""A command in a container of its own, off every network, to its end."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from infra.steps import containers


@contextmanager
def container(
    client: DockerClient,
    name: str,
    image: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Generator[Container]:
    """A container that has started, with its `files` by path; removed at the end."""
    # A deployment that was killed leaves its container behind.
    with suppress(NotFound):
        client.containers.get(name).remove(force=True)
    created: Any = client.containers.create(
        image,
        list(command),
        name=name,
        environment=dict(environment or {}),
        network_mode="none",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
    )
    try:
        if files:
            created.put_archive("/", containers.archive(files))
        created.start()
        yield created
    finally:
        created.remove(force=True)
