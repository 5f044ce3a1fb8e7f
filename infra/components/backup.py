"""Backups on a schedule: a container beside Postgres, with its volumes and without its network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra.components.container import LAST_SHARES, ContainerArgs, container, healthcheck
from infra.components.network import Network
from infra.components.postgres import DROP_PRIVILEGES
from infra.components.repository import SECRET_FILE, SETTINGS_FILE, SOCKET, Repository
from infra.host import Host
from infra.names import DATABASE, ROLE
from infra.steps.script import Script, ScriptArgs

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
REPORTING = SCRIPTS / "reporting"
"""The script that reports the database's state as lines of the log."""
THERE = "/usr/local/lib/backup"
UPLOADS = "/uploads"


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """The data (`volumes` by path, `uploads`), the repository, the time (UTC, HH:MM) and the age.

    `after` are the resources it waits for: it asks Postgres for everything.
    """

    host: Host
    network: Network
    image: pulumi.Input[str]
    volumes: Mapping[str, pulumi.Input[str]]
    uploads: pulumi.Input[str] | None
    repository: Repository
    time: str
    weeks: int
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
        child = args.host.child_of(self).merge(pulumi.ResourceOptions(depends_on=args.after))
        uploads = {UPLOADS: args.uploads} if args.uploads is not None else {}
        running = container(
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
                capabilities=DROP_PRIVILEGES,
                init=True,
                healthcheck=healthcheck("bash", f"{THERE}/healthy.sh", every="1m0s"),
            ),
            child,
        )
        self.check = Script(
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
        self.register_outputs({})


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
        "PGUSER": ROLE,
        "PGDATABASE": DATABASE,
        "BACKUP_TIME": args.time,
        "BACKUP_WEEKS": str(args.weeks),
        # Full backups; what lies between two of them goes with the older one.
        "PGBACKREST_REPO1_RETENTION_FULL": str(args.weeks + 1),
        **args.repository.environment,
    }
