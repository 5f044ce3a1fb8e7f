"""Give the repository of backups to the user that makes them now."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pulumi
from docker import DockerClient
from docker.errors import NotFound

from infra.steps import containers
from infra.steps.step import Step, StepArgs, StepProvider, Text

OWNER = "postgres"
STOP_SECONDS = 30
ROOTS = ("", "0", "root")


@dataclass(frozen=True, kw_only=True)
class RepositoryOwnerArgs(StepArgs):
    """The arguments of RepositoryOwner.

    endpoint: the address of the host's Docker Engine.
    postgres: the id of the container of the database, which has the repository too.
    backup: the name of the container that makes backups.
    folder: the repository.
    """

    endpoint: Text = Text()
    postgres: Text = Text()
    backup: str
    folder: str


class RepositoryOwnerProvider(StepProvider[RepositoryOwnerArgs]):
    """Runs once in a stack: until 2026-11-27 the backup container ran as root."""

    arguments = RepositoryOwnerArgs
    triggers = ()

    def run(
        self, args: RepositoryOwnerArgs, previous: RepositoryOwnerArgs | None
    ) -> Mapping[str, Any]:
        """Change the owner of each file; raises StepFailed with the reason when that fails."""
        with containers.connect(args.endpoint) as client:
            _stop_root(client, args.backup)
            # In each file's own folder: a path could lead elsewhere by the time it is changed.
            words = ["find", args.folder, "!", "-user", OWNER, "-execdir"]
            change = ["chown", "-h", f"{OWNER}:{OWNER}", "{}", "+"]
            containers.execute(containers.find(client, args.postgres), [*words, *change])
        return {}

    def identity(self, args: RepositoryOwnerArgs, outputs: Mapping[str, Any]) -> str:
        """The repository's folder."""
        return args.folder


def _stop_root(client: DockerClient, name: str) -> None:
    """Stop a container that would write files of root meanwhile; the deployment replaces it."""
    with suppress(NotFound):
        backup: Any = client.containers.get(name)
        if (backup.attrs["Config"].get("User") or "") in ROOTS:
            backup.stop(timeout=STOP_SECONDS)


class RepositoryOwner(Step, module="taskmanager", name="RepositoryOwner"):
    """A repository that the backup container may write without being root."""

    def __init__(
        self, name: str, args: RepositoryOwnerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, RepositoryOwnerProvider(), args.inputs(), opts)
