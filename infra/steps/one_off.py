"""Commands that run once, each in a container of its own, to their end."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from docker import DockerClient
from docker.errors import NotFound
from requests.exceptions import RequestException

from infra.steps import containers
from infra.steps.failure import StepFailed

LONGEST_SECONDS = 120
REFUSAL_LINES = 40


@contextmanager
def container(
    client: DockerClient,
    name: str,
    image: str,
    command: Sequence[str],
    *,
    files: Mapping[str, str] | None = None,
    **options: Any,
) -> Generator[Any]:
    """A container with its `files` by path, not yet started; removed at the end.

    `options` are those of docker-py's `containers.create`.
    """
    # A deployment that was killed leaves its container behind.
    with suppress(NotFound):
        client.containers.get(name).remove(force=True)
    created: Any = client.containers.create(
        image,
        list(command),
        name=name,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        **options,
    )
    try:
        if files:
            created.put_archive("/", containers.archive(files))
        yield created
    finally:
        created.remove(force=True)


def check(
    client: DockerClient,
    name: str,
    image: str,
    command: Sequence[str],
    *,
    subject: str,
    refused: int,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> str | None:
    """Run a command off every network; the end of its log when it exits with `refused`, else None.

    Raises StepFailed when it takes longer than LONGEST_SECONDS: `subject` was not read.
    """
    with container(
        client,
        name,
        image,
        command,
        files=files,
        environment=dict(environment or {}),
        network_mode="none",
    ) as started:
        started.start()
        try:
            status = started.wait(timeout=LONGEST_SECONDS)["StatusCode"]
        except RequestException as error:
            raise StepFailed(
                f"{subject} were not read within {LONGEST_SECONDS} s; nothing was changed.\n"
                f"{containers.last_lines(started)}"
            ) from error
        return containers.last_lines(started, REFUSAL_LINES) if status == refused else None
