"""Let the app read its settings before anything else runs: a wrong value then changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.steps import containers, one_off
from infra.steps.failure import StepFailed
from infra.steps.step import Step, StepArgs, StepProvider, Text, Texts

COMMAND = ["python", "-m", "app.settings"]
REFUSED = 78
"""EX_CONFIG of sysexits.h. Another status is that of an app without this command."""
# The addresses and keys that the program adds are right, and not known yet.
OTHERS = {
    "DATABASE_URL": "postgresql://task_user@postgres:5432/task_manager",
    "REDIS_URL": "redis://redis:6379/0",
    "SECRET_KEY": "a key in place of the stack's, which no check reads",
}


@dataclass(frozen=True, kw_only=True)
class SettingsCheckArgs(StepArgs):
    """The arguments of SettingsCheck.

    name: the name of the deployment.
    endpoint: the address of the host's Docker Engine.
    image: the release's image.
    values: the app's variables, and a fingerprint of each secret, by name.
    environment: the environment of the container.
    files: files in the container, by path; secret.
    """

    name: str
    endpoint: Text = Text()
    image: Text = Text()
    values: Texts = Texts()
    environment: Texts = Texts()
    files: Texts = Texts()

    @property
    def container(self) -> str:
        """The name of the container that runs it."""
        return f"{self.name}-settings-check"


class SettingsCheckProvider(StepProvider[SettingsCheckArgs]):
    """Runs when a value changes. A new image reads the same values as it starts."""

    arguments = SettingsCheckArgs
    triggers = ("values",)

    def run(self, args: SettingsCheckArgs, previous: SettingsCheckArgs | None) -> Mapping[str, Any]:
        """Read the settings; raises StepFailed with the app's lines when it refuses one."""
        with containers.connect(args.endpoint) as client:
            said = one_off.check(
                client,
                args.container,
                args.image,
                COMMAND,
                subject="The settings",
                refused=REFUSED,
                environment={**OTHERS, **args.environment},
                files=args.files,
            )
        if said is not None:
            raise StepFailed(
                f"The app refuses its settings; nothing was changed.\n{said}\n"
                "  Fix: taskmanager env set NAME=VALUE (or --secret NAME), then run the same "
                "command again."
            )
        return {}

    def identity(self, args: SettingsCheckArgs, outputs: Mapping[str, Any]) -> str:
        """The name of the container that runs it."""
        return args.container


class SettingsCheck(Step, module="taskmanager", name="SettingsCheck"):
    """Settings that the app accepts."""

    def __init__(
        self, name: str, args: SettingsCheckArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, SettingsCheckProvider(), args.inputs(), opts)
