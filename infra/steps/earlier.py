"""Steps of earlier versions, for the states that have them: the present program deletes them.

KeyPair made the host's first key, which went into its user data; MachineImage kept its image.
"""

from collections.abc import Mapping
from typing import Any

from infra.steps.step import StepArgs, StepProvider

__all__ = ["KeyPairProvider", "MachineImageProvider"]


class _EarlierProvider(StepProvider[StepArgs]):
    """Leaves the state of a stack without a trace; no program makes one any more."""

    arguments = StepArgs
    triggers = ()

    def run(self, args: StepArgs, previous: StepArgs | None) -> Mapping[str, Any]:
        raise AssertionError("the step of an earlier version is only deleted")

    def identity(self, args: StepArgs, outputs: Mapping[str, Any]) -> str:
        raise AssertionError("the step of an earlier version is only deleted")


class KeyPairProvider(_EarlierProvider):
    """The provider of the step KeyPair."""


class MachineImageProvider(_EarlierProvider):
    """The provider of the step MachineImage."""
