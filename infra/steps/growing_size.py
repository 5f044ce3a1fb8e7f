"""A size that can grow and never shrink; a smaller one is refused before anything changes.

The provider's plan accepts a smaller volume or database; the call then fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import DiffResult

from infra.errors import UserError
from infra.steps.step import Step, StepArgs, StepProvider


@dataclass(frozen=True, kw_only=True)
class GrowingSizeArgs(StepArgs):
    """The arguments of GrowingSize.

    setting: the whole key of the configuration that sets it.
    gib: the size, in GiB.
    """

    setting: str
    gib: int


class GrowingSizeProvider(StepProvider[GrowingSizeArgs]):
    """Refuses a smaller size where a preview asks what would change."""

    arguments = GrowingSizeArgs
    triggers = ("gib",)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Whether it grew; raises UserError when it would shrink."""
        before, now, key = int(_olds["gib"]), int(_news["gib"]), _news["setting"]
        if now < before:
            raise UserError(
                f"{key} is {now}; accepted: {before} or more, as AWS makes no volume smaller. "
                f"Fix: pulumi config set {key} {before}"
            )
        return super().diff(_id, _olds, _news)

    def run(self, args: GrowingSizeArgs, previous: GrowingSizeArgs | None) -> Mapping[str, Any]:
        """Take the size as it is set."""
        return {"size": args.gib}

    def identity(self, args: GrowingSizeArgs, outputs: Mapping[str, Any]) -> str:
        """The setting."""
        return args.setting


class GrowingSize(Step, module="taskmanager", name="GrowingSize"):
    """The `size`, in GiB, of a volume or a database."""

    size: pulumi.Output[int]

    def __init__(
        self, name: str, args: GrowingSizeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, GrowingSizeProvider(), {"size": None, **args.inputs()}, opts)
