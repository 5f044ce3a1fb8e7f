"""Wait until a container is healthy before the next one starts.

A start takes a processor for about a second. The release that serves can spare one processor, not
one for every new container at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.steps import containers, health
from infra.steps.step import Step, StepArgs, StepProvider, Text


@dataclass(frozen=True, kw_only=True)
class ReadyArgs(StepArgs):
    """The arguments of Ready.

    endpoint: the address of the host's Docker Engine.
    container: the container's name.
    health_timeout: the longest wait, in seconds.
    """

    endpoint: Text = Text()
    container: Text = Text()
    health_timeout: int


class ReadyProvider(StepProvider[ReadyArgs]):
    """Waits for another container, and not again for one that was healthy once."""

    arguments = ReadyArgs
    triggers = ("container",)

    def run(self, args: ReadyArgs, previous: ReadyArgs | None) -> Mapping[str, Any]:
        """Wait; raises StepFailed with the container's log when it does not become healthy."""
        with containers.connect(args.endpoint) as client:
            # A healthy one serves already, and may have restarted since it was new.
            if not health.healthy(containers.find(client, args.container)):
                health.wait(client, [args.container], limit=args.health_timeout, settle=0)
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
