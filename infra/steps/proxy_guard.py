"""Whether the proxy lets requests through: somebody may have closed it on purpose."""

import re
from contextlib import suppress

from docker import DockerClient
from docker.errors import APIError, NotFound

from infra.steps import containers

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CLOSED = {"stopped": ("in maintenance", "maintenance-off"), "paused": ("paused", "resume")}
"""The proxy's word for it, ours, and what ends it."""


def refuse_closed(client: DockerClient, *, proxy: str, service: str) -> None:
    """Return when `service` is open to requests, or not there yet.

    Raises JobFailed when it is closed: a release is proved through the public address, and a page
    that somebody put up is not taken down by a release.
    """
    state = _state(client, proxy, service)
    if state in CLOSED:
        name, end = CLOSED[state]
        raise containers.JobFailed(
            f"The service is {name}, so a release cannot be proved through its public address. "
            f"Nothing was changed.\n  Fix: make {end}, then the same command again."
        )


def _state(client: DockerClient, proxy: str, service: str) -> str | None:
    # A proxy that is not there or does not run is for others to notice.
    with suppress(NotFound, APIError, containers.JobFailed):
        listed = containers.execute(client.containers.get(proxy), ["kamal-proxy", "list"])
        for line in COLOUR.sub("", listed).splitlines():
            name, *words = line.split() or [""]
            if name == service:
                return next((word for word in words if word in CLOSED), None)
    return None
