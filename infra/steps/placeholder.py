"""The page that the public port shows before the first release.

kamal-proxy has no page for a service that it does not know but its own 404, which says that the
page may have moved. So it gets a service with a target that does not exist, and stops it: then it
answers 503 with a message. The first release takes the service over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from docker import DockerClient
from docker.errors import NotFound
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from infra.steps import containers, proxy_guard, proxy_listing
from infra.steps.failure import StepFailed
from infra.steps.step import Step, StepArgs, StepProvider, Text

MESSAGE = "No release serves here yet."
LIMIT_SECONDS = 20
POLL_SECONDS = 0.2
HEALTH_CHECK = "--health-check-path="
OPTIONS = (
    # The proxy answers a stopped service's health path 200 by itself: one that no client asks.
    f"{HEALTH_CHECK}/.no-release",
    "--health-check-interval=24h",
    "--force",
)


@dataclass(frozen=True, kw_only=True)
class PlaceholderArgs(StepArgs):
    """The arguments of Placeholder.

    endpoint: the address of the host's Docker Engine.
    proxy: the id of the proxy's container.
    service: the name under which the proxy knows the service.
    options: further arguments of `kamal-proxy deploy`.
    """

    endpoint: Text = Text()
    proxy: Text = Text()
    service: str
    options: Sequence[str] = ()


class PlaceholderProvider(StepProvider[PlaceholderArgs]):
    """Runs again for a new proxy, such as one on another machine."""

    arguments = PlaceholderArgs
    triggers = ("proxy",)

    def run(self, args: PlaceholderArgs, previous: PlaceholderArgs | None) -> Mapping[str, Any]:
        """Show the page, unless the proxy knows a release that is there."""
        with containers.connect(args.endpoint) as client:
            serving = _asked(client, args)
            if not any(_exists(client, name) for name in serving):
                show(client, proxy=args.proxy, service=args.service, options=args.options)
        return {}

    def identity(self, args: PlaceholderArgs, outputs: Mapping[str, Any]) -> str:
        """The name under which the proxy knows the service."""
        return args.service


def show(client: DockerClient, *, proxy: str, service: str, options: Sequence[str]) -> None:
    """Let the proxy answer every request with the page; `options` are those of a release.

    Raises StepFailed when the proxy refuses.
    """
    of_release = [option for option in options if not option.startswith(HEALTH_CHECK)]
    target = f"--target={proxy_listing.NO_RELEASE}:80"
    container = containers.find(client, proxy)
    command = ["kamal-proxy", "deploy", service, target, *of_release, *OPTIONS]
    containers.execute(container, command)
    containers.execute(container, ["kamal-proxy", "stop", service, f"--message={MESSAGE}"])


def _asked(client: DockerClient, args: PlaceholderArgs) -> Sequence[str]:
    """The containers that the proxy sends requests to; it was started a moment ago."""
    attempts = Retrying(
        retry=retry_if_exception_type(StepFailed),
        wait=wait_fixed(POLL_SECONDS),
        stop=stop_after_delay(LIMIT_SECONDS),
        reraise=True,
    )
    return attempts(_serving, client, args)


def _serving(client: DockerClient, args: PlaceholderArgs) -> list[str]:
    serving = proxy_guard.serving(client, proxy=args.proxy, service=args.service)
    if serving is None:
        raise StepFailed(
            f"The proxy {args.proxy[:12]} does not answer. Why: docker logs {args.proxy[:12]}"
        )
    return serving


def _exists(client: DockerClient, name: str) -> bool:
    try:
        client.containers.get(name)
    except NotFound:
        return False
    return True


class Placeholder(Step, module="taskmanager", name="Placeholder"):
    """The proxy, answering every request until the first release serves."""

    def __init__(
        self, name: str, args: PlaceholderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, PlaceholderProvider(), args.inputs(), opts)
