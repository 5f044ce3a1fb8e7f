"""Backups on a schedule: a container beside Postgres, with its volumes and without its network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from infra.backup_paths import REPOSITORY, SECRET_FILE, UPLOADS
from infra.backup_paths import SCRIPTS as THERE
from infra.components.container import LAST_SHARES, ContainerArgs, container, healthcheck
from infra.components.network import Network
from infra.components.repository import SETTINGS_FILE, SOCKET, Repository
from infra.host import Host
from infra.names import ADMIN, DATABASE
from infra.steps.repository_owner import RepositoryOwner, RepositoryOwnerArgs
from infra.steps.script import Script, ScriptArgs

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
REPORTING = SCRIPTS / "reporting"
"""The script that reports the database's state as lines of the log."""


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """The data (`volumes` by path, `uploads`), the repository, the time (UTC, HH:MM) and the age.

    `postgres` is the id of the database's container. `after` are the resources it waits for: it
    asks Postgres for everything.
    """

    host: Host
    network: Network
    image: pulumi.Input[str]
    volumes: Mapping[str, pulumi.Input[str]]
    uploads: pulumi.Input[str] | None
    repository: Repository
    time: str
    weeks: int
    postgres: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


class Backup(pulumi.ComponentResource):
    """The container that makes backups and tries them out; `check` proved the repository usable.

    A release waits for that: an empty database must not serve beside the backups of a full one.
    """

    check: Script

    def __init__(
        self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Backup", name, None, opts)
        after = args.host.child_of(self).merge(pulumi.ResourceOptions(depends_on=args.after))
        owned = _owned(name, args, after)
        child = after.merge(pulumi.ResourceOptions(depends_on=[owned]))
        self.check = _check(name, args, _container(name, args, child), child)
        self.register_outputs({})


def _owned(name: str, args: BackupArgs, child: pulumi.ResourceOptions) -> RepositoryOwner:
    return RepositoryOwner(
        f"{name}-backup-owner",
        RepositoryOwnerArgs(
            endpoint=args.host.endpoint,
            postgres=args.postgres,
            backup=f"{name}-backup",
            folder=REPOSITORY,
        ),
        child,
    )


def _container(name: str, args: BackupArgs, child: pulumi.ResourceOptions) -> docker.Container:
    uploads = {UPLOADS: args.uploads} if args.uploads is not None else {}
    return container(
        f"{name}-backup",
        ContainerArgs(
            host=args.host,
            image=args.image,
            network=args.network.name,
            bucket_network=args.network.of_buckets if args.repository.bucket else None,
            replacement="delete-first",
            cpu_shares=LAST_SHARES,
            grace_seconds=30,
            entrypoint=["bash"],
            command=[f"{THERE}/{_program(args)}"],
            environment=_environment(args),
            files=_files(args),
            volumes={**args.volumes, **uploads},
            read_only=[UPLOADS],
            # Code that Postgres is made to run would find its own rights here, and no more.
            user="postgres",
            init=True,
            healthcheck=healthcheck("bash", f"{THERE}/healthy.sh", every="1m0s"),
        ),
        child,
    )


def _check(
    name: str, args: BackupArgs, running: docker.Container, child: pulumi.ResourceOptions
) -> Script:
    return Script(
        f"{name}-backup-check",
        ScriptArgs(
            endpoint=args.host.endpoint,
            container=running.id,
            command=["bash", f"{THERE}/backup.sh", "check"],
            # A machine that is not the stack's own has volumes that are older than a clone.
            first=["first"] if args.host.machine is None else [],
        ),
        child,
    )


def _program(args: BackupArgs) -> str:
    return "report_schedule.sh" if args.host.logs.as_metrics else "schedule.sh"


def _files(args: BackupArgs) -> dict[str, pulumi.Input[str]]:
    folders = [SCRIPTS, REPORTING] if args.host.logs.as_metrics else [SCRIPTS]
    scripts = [file for folder in folders for file in folder.glob("*.sh")]
    return {
        SECRET_FILE: args.repository.secret,
        SETTINGS_FILE: args.repository.settings,
        **{f"{THERE}/{file.name}": file.read_text() for file in scripts},
    }


def _environment(args: BackupArgs) -> dict[str, pulumi.Input[str]]:
    return {
        "PGHOST": SOCKET,
        "PGUSER": ADMIN,
        # In place of the role in pgBackRest's settings: Postgres has those too, and would restart.
        "PGBACKREST_PG1_USER": ADMIN,
        "PGDATABASE": DATABASE,
        "BACKUP_TIME": args.time,
        "BACKUP_WEEKS": str(args.weeks),
        # Full backups; what lies between two of them goes with the older one.
        "PGBACKREST_REPO1_RETENTION_FULL": str(args.weeks + 1),
        **args.repository.environment,
    }
