"""Which image the host is made from: decided once, kept until another one is asked for.

Pulumi's ignore_changes would hold for replacements too, so that a host of another architecture
would be made from an image of the old one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import UpdateResult

from infra.steps.step import Step, StepArgs, StepProvider, Text


@dataclass(frozen=True, kw_only=True)
class MachineImageArgs(StepArgs):
    """The arguments of MachineImage.

    architecture: the host's.
    newest: the id of the newest image for it.
    asked: the id that the configuration names; empty for none.
    """

    architecture: str
    newest: Text = Text()
    asked: str


class MachineImageProvider(StepProvider[MachineImageArgs]):
    """Decides again for another architecture, and for another id in the configuration.

    A newer image is no reason: no host is replaced unasked.
    """

    arguments = MachineImageArgs
    triggers = ("architecture", "asked")

    def run(self, args: MachineImageArgs, previous: MachineImageArgs | None) -> Mapping[str, Any]:
        """Take the image that is asked for, or the newest."""
        return {"ami": args.asked or args.newest}

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Decide again; an `ami` that is taken out of the configuration asks for nothing."""
        if _olds["architecture"] == _news["architecture"] and not _news["asked"]:
            return UpdateResult(outs={**_news, "ami": _olds["ami"]})
        return super().update(_id, _olds, _news)

    def identity(self, args: MachineImageArgs, outputs: Mapping[str, Any]) -> str:
        """The architecture."""
        return args.architecture


class MachineImage(Step, module="taskmanager", name="MachineImage"):
    """The image of the host, as its id `ami`."""

    ami: pulumi.Output[str]

    def __init__(
        self, name: str, args: MachineImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, MachineImageProvider(), {"ami": None, **args.inputs()}, opts)
