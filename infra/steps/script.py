"""Run a command in a container, once for every new container and for every other command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.steps import containers
from infra.steps.step import Step, StepArgs, StepProvider, Text

NOTE = "NOTE: "
"""How a line begins that a command says to the person who deploys."""


@dataclass(frozen=True, kw_only=True)
class ScriptArgs(StepArgs):
    """The arguments of Script.

    endpoint: the address of the host's Docker Engine.
    container: the container's id.
    command: the command with its arguments.
    first: further arguments of the first run in a stack.
    """

    endpoint: Text = Text()
    container: Text = Text()
    command: Sequence[str]
    first: Sequence[str] = ()


class ScriptProvider(StepProvider[ScriptArgs]):
    """Runs the command again when the container or the command is another one."""

    arguments = ScriptArgs
    triggers = ("container", "command")

    def run(self, args: ScriptArgs, previous: ScriptArgs | None) -> Mapping[str, Any]:
        """Run the command; raises StepFailed with its output when it exits non-zero."""
        with containers.connect(args.endpoint) as client:
            words = [*args.command, *(() if previous else args.first)]
            output = containers.execute(containers.find(client, args.container), words)
        for line in output.splitlines():
            if line.startswith(NOTE):
                # Pulumi's engine shows it among its messages.
                print(line, flush=True)
        return {}

    def identity(self, args: ScriptArgs, outputs: Mapping[str, Any]) -> str:
        """The container's id."""
        return args.container


class Script(Step, module="taskmanager", name="Script"):
    """A command that succeeded in a running container."""

    container: pulumi.Output[str]

    def __init__(
        self, name: str, args: ScriptArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, ScriptProvider(), args.inputs(), opts)
