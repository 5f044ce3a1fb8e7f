"""Whether the proxy lets requests through: a person may have closed it on purpose."""

import re
from contextlib import suppress

from docker import DockerClient
from docker.errors import APIError, NotFound

from infra.steps import containers
from infra.steps.failure import StepFailed

TARGET = re.compile(r":\d+$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NO_RELEASE = "no-release"
"""The target of the page before the first release: a name of no container."""
CLOSED = {"stopped": ("in maintenance", "maintenance-off"), "paused": ("paused", "resume")}
"""By kamal-proxy's word for a closed service: our word, and the command that opens it."""


def refuse_closed(client: DockerClient, *, proxy: str, service: str) -> bool:
    """Return when a release may take the traffic; whether the page before the first one is shown.

    Raises StepFailed when a person closed `service`: a release is proved through the public
    address, and must not open it.
    """
    # A proxy that is absent or does not run fails the step that needs it.
    words = _words(_listing(client, proxy) or [], service)
    if _targets(words) == [NO_RELEASE]:
        return True
    state = next((word for word in words if word in CLOSED), None)
    if state is not None:
        name, command = CLOSED[state]
        raise StepFailed(
            f"The service is {name}, so a release cannot be proved through its public address. "
            f"Nothing was changed.\n  Fix: make {command}, then the same command again."
        )
    return False


def serving(client: DockerClient, *, proxy: str, service: str) -> list[str] | None:
    """The containers that the proxy sends requests to; None where it cannot be asked."""
    listing = _listing(client, proxy)
    if listing is None:
        return None
    return [name for name in _targets(_words(listing, service)) if name != NO_RELEASE]


def _words(listing: list[tuple[str, list[str]]], service: str) -> list[str]:
    for name, words in listing:
        if name == service:
            return words
    return []


def _targets(words: list[str]) -> list[str]:
    targets = next((word for word in words if TARGET.search(word)), "")
    return [target.rpartition(":")[0] for target in targets.split(",") if target]


def _listing(client: DockerClient, proxy: str) -> list[tuple[str, list[str]]] | None:
    """The services of the proxy, each with the other words of its line."""
    with suppress(NotFound, APIError, StepFailed):
        listing = containers.execute(client.containers.get(proxy), ["kamal-proxy", "list"])
        lines = [line.split() for line in COLOUR.sub("", listing).splitlines()]
        return [(name, words) for name, *words in filter(None, lines)]
    return None
