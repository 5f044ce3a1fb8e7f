"""Whether the proxy lets requests through: a person may have closed it on purpose."""

from contextlib import suppress

from docker import DockerClient
from docker.errors import APIError, NotFound

from infra.steps import containers, proxy_listing
from infra.steps.failure import StepFailed
from infra.steps.proxy_listing import NO_RELEASE, Service

CLOSED = {"stopped": ("in maintenance", "maintenance-off"), "paused": ("paused", "resume")}
"""By kamal-proxy's word for a closed service: our word, and the command that opens it."""


def refuse_closed(client: DockerClient, *, proxy: str, service: str) -> bool:
    """Return when a release may take the traffic; whether the page before the first one is shown.

    Raises StepFailed when a person closed `service`: a release is proved through the public
    address, and must not open it.
    """
    # A proxy that is absent or does not run fails the step that needs it.
    found = (_services(client, proxy) or {}).get(service)
    if found is None:
        return False
    if found.targets == [NO_RELEASE]:
        return True
    if found.state in CLOSED:
        name, command = CLOSED[found.state]
        raise StepFailed(
            f"The service is {name}, so a release cannot be proved through its public address. "
            f"Nothing was changed.\n  Fix: make {command}, then the same command again."
        )
    return False


def serving(client: DockerClient, *, proxy: str, service: str) -> list[str] | None:
    """The containers that the proxy sends requests to; None where it cannot be asked."""
    services = _services(client, proxy)
    if services is None:
        return None
    targets = services[service].targets if service in services else []
    return [name for name in targets if name != NO_RELEASE]


def _services(client: DockerClient, proxy: str) -> dict[str, Service] | None:
    with suppress(NotFound, APIError, StepFailed):
        table = containers.execute(client.containers.get(proxy), proxy_listing.COMMAND)
        return proxy_listing.services(table)
    return None
