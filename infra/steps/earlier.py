"""Steps of earlier versions, for the states that have them: the present program deletes them.

KeyPair made the host's first key, which went into its user data; MachineImage kept its image.
"""

from infra.steps.step import StepArgs, StepProvider


class KeyPairProvider(StepProvider[StepArgs]):
    """Leaves the state of a stack without a trace."""

    arguments = StepArgs
    triggers = ()


class MachineImageProvider(StepProvider[StepArgs]):
    """Leaves the state of a stack without a trace."""

    arguments = StepArgs
    triggers = ()
