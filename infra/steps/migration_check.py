"""Read an image's migrations before a container is deleted: a refusal then changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.steps import containers, database_contents, one_off
from infra.steps.failure import StepFailed
from infra.steps.migration_failure import REFUSED, reasons
from infra.steps.step import Step, StepArgs, StepProvider, Text

COMMAND = ["python", "-m", "migrations.check"]
HOLDS = "/run/migrations/holds.json"


@dataclass(frozen=True, kw_only=True)
class MigrationCheckArgs(StepArgs):
    """The arguments of MigrationCheck.

    name: the name of the deployment.
    endpoint: the address of the host's Docker Engine.
    image: the release's image.
    before: changes with whatever makes a container be deleted and made again.
    """

    name: str
    endpoint: Text = Text()
    image: Text = Text()
    before: Text = Text()

    @property
    def container(self) -> str:
        """The name of the container that runs it."""
        return f"{self.name}-migration-check"


class MigrationCheckProvider(StepProvider[MigrationCheckArgs]):
    """Runs before a container is deleted. The migration itself reads its revisions again."""

    arguments = MigrationCheckArgs
    triggers = ("before",)

    def run(
        self, args: MigrationCheckArgs, previous: MigrationCheckArgs | None
    ) -> Mapping[str, Any]:
        """Read the migrations; raises StepFailed with the reason when they are refused."""
        with containers.connect(args.endpoint) as client:
            # Of a database that no container here holds nothing is known: the migration decides.
            holds = database_contents.read(client, f"{args.name}-postgres")
            # An image without this command is an older one, whose migration decides alone.
            said = one_off.check(
                client,
                args.container,
                args.image,
                COMMAND,
                subject="The migrations",
                refused=REFUSED,
                environment={"HOLDS_FILE": HOLDS} if holds else {},
                files={HOLDS: holds} if holds else {},
            )
        if said is not None:
            raise StepFailed(
                f"The migrations are refused; nothing was changed.\n{reasons(said)}\n"
                "  Fix: change the revision as it says, then run the same command again."
            )
        return {}

    def identity(self, args: MigrationCheckArgs, outputs: Mapping[str, Any]) -> str:
        """The name of the container that runs it."""
        return args.container


class MigrationCheck(Step, module="taskmanager", name="MigrationCheck"):
    """Migrations that may run."""

    image: pulumi.Output[str]

    def __init__(
        self, name: str, args: MigrationCheckArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, MigrationCheckProvider(), args.inputs(), opts)
