"""Wait until a container is healthy before the next one starts.

A start takes a processor for about a second. The release that serves can spare one processor, not
one for every new container at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.steps import containers, failed_release, health
from infra.steps.step import Property, Step, StepArgs, StepProvider, Text


@dataclass(frozen=True, kw_only=True)
class ReadyArgs(StepArgs):
    """The arguments of Ready.

    endpoint: the address of the host's Docker Engine.
    container: the container's name.
    release: the names of the release's containers until this one.
    proxy: the name of the proxy's container.
    service: the name under which the proxy knows the service.
    health_timeout: the longest wait, in seconds.
    """

    endpoint: Text = Text()
    container: Text = Text()
    release: Property[Sequence[pulumi.Input[str]], Sequence[str] | None] = Property()
    proxy: str
    service: str
    health_timeout: int


class ReadyProvider(StepProvider[ReadyArgs]):
    """Waits for another container, and not again for one that was healthy once."""

    arguments = ReadyArgs
    triggers = ("container",)

    def run(self, args: ReadyArgs, previous: ReadyArgs | None) -> Mapping[str, Any]:
        """Wait; raises StepFailed with the container's log when it does not become healthy."""
        release = args.release or [args.container]
        with (
            containers.connect(args.endpoint) as client,
            failed_release.stopped(client, release, proxy=args.proxy, service=args.service),
        ):
            # A healthy one may serve already, and have restarted since it was new.
            if not health.healthy(containers.find(client, args.container)):
                health.wait(client, release, limit=args.health_timeout, stable=0)
        return {}

    def identity(self, args: ReadyArgs, outputs: Mapping[str, Any]) -> str:
        """The container's name."""
        return args.container


class Ready(Step, module="taskmanager", name="Ready"):
    """A container that was healthy once."""

    def __init__(
        self, name: str, args: ReadyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, ReadyProvider(), args.inputs(), opts)
