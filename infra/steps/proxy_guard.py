"""Whether the proxy lets requests through: a person may have closed it on purpose."""

import re
from contextlib import suppress

from docker import DockerClient
from docker.errors import APIError, NotFound

from infra.steps import containers
from infra.steps.failure import StepFailed

TARGET = re.compile(r":\d+$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CLOSED = {"stopped": ("in maintenance", "maintenance-off"), "paused": ("paused", "resume")}
"""By kamal-proxy's word for a closed service: our word, and the command that opens it."""


def refuse_closed(client: DockerClient, *, proxy: str, service: str) -> None:
    """Return when `service` is open to requests, or not there yet.

    Raises StepFailed when it is closed: a release is proved through the public address, and must
    not open a service that a person closed.
    """
    state = _state(client, proxy, service)
    if state in CLOSED:
        name, command = CLOSED[state]
        raise StepFailed(
            f"The service is {name}, so a release cannot be proved through its public address. "
            f"Nothing was changed.\n  Fix: make {command}, then the same command again."
        )


def serving(client: DockerClient, *, proxy: str, service: str) -> list[str] | None:
    """The containers that the proxy sends requests to; None where it cannot be asked."""
    listing = _listing(client, proxy)
    if listing is None:
        return None
    for name, words in listing:
        if name == service:
            targets = next((word for word in words if TARGET.search(word)), "")
            return [target.rpartition(":")[0] for target in targets.split(",") if target]
    return []


def _state(client: DockerClient, proxy: str, service: str) -> str | None:
    # A proxy that is absent or does not run fails the step that needs it.
    for name, words in _listing(client, proxy) or []:
        if name == service:
            return next((word for word in words if word in CLOSED), None)
    return None


def _listing(client: DockerClient, proxy: str) -> list[tuple[str, list[str]]] | None:
    """The services of the proxy, each with the other words of its line."""
    with suppress(NotFound, APIError, StepFailed):
        listing = containers.execute(client.containers.get(proxy), ["kamal-proxy", "list"])
        lines = [line.split() for line in COLOUR.sub("", listing).splitlines()]
        return [(name, words) for name, *words in filter(None, lines)]
    return None
