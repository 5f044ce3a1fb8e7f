"""A failed release: its containers are stopped and kept, and the error says which ones serve."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress

from docker import DockerClient
from docker.errors import APIError, NotFound

from infra.steps import proxy_guard
from infra.steps.failure import StepFailed

STOP_SECONDS = 5


@contextmanager
def stopped(
    client: DockerClient, names: Sequence[str], *, proxy: str, service: str
) -> Generator[None]:
    """When the block raises StepFailed: stop those of the containers `names` that do not serve.

    One that fails restarts for ever, and one that waits keeps connections of the database. Both
    are kept, with their log. The error then says which containers serve.
    """
    try:
        yield
    except StepFailed as failure:
        serving = proxy_guard.serving(client, proxy=proxy, service=service)
        if serving is None:
            raise StepFailed(
                f"{failure}\n  The proxy {proxy} does not say which containers serve."
            ) from failure
        put_away = [name for name in names if name not in serving and _stop(client, name)]
        raise StepFailed(f"{failure}\n  {_state(serving, put_away)}") from failure


def _stop(client: DockerClient, name: str) -> bool:
    with suppress(NotFound, APIError):
        client.containers.get(name).stop(timeout=STOP_SECONDS)
        return True
    return False


def _state(serving: Sequence[str], put_away: Sequence[str]) -> str:
    said: list[str] = []
    if put_away:
        said.append(f"Stopped, and kept with the log: {', '.join(put_away)}.")
    if serving:
        said.append(f"The traffic is on {', '.join(serving)}.")
    else:
        said.append("No release serves.")
    said.append("Migrations that ran stay in the schema.")
    return " ".join(said)
