"""Postgres on the host; its log goes into the repository of backups as it is written."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra import connections, database
from infra.backup_paths import REPOSITORY
from infra.components.container import (
    FIRST_SHARES,
    ContainerArgs,
    container,
    healthcheck,
    kept_volume,
)
from infra.components.network import Network
from infra.components.repository import DATA, SETTINGS_FILE, SOCKET, STANZA, Repository
from infra.host import Host
from infra.names import DATABASE, ROLE
from infra.steps.script import Script, ScriptArgs

PASSWORD_FILE = "/run/secrets/database_password"  # noqa: S105 - a path
# psql reads the password itself: it is in no argument and no environment.
SET_ROLE_PASSWORD = f"\\set password `cat {PASSWORD_FILE}`\nALTER ROLE {ROLE} PASSWORD :'password';"
# The official entrypoints start as root and need these to become their own user.
DROP_PRIVILEGES = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID")
LONGEST_LOSS_SECONDS = 60
"""The longest time from a commit to its copy in the repository, however little is written."""
# On the command line: a volume may be older than these settings.
OPTIONS = {
    "archive_mode": "on",
    "archive_command": f"pgbackrest --stanza={STANZA} archive-push %p",
    "archive_timeout": str(LONGEST_LOSS_SECONDS),
}


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """The arguments of postgres().

    host: the machine that it runs on.
    network: the host's networks.
    image: the image of our own.
    password: the password of the role that serves.
    repository: the repository of its backups.
    connections: the connections that it allows.
    """

    host: Host
    network: Network
    image: pulumi.Input[str]
    password: pulumi.Input[str]
    repository: Repository
    connections: int


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """The container, healthy, and the `volumes` that a backup of it needs, by path."""

    container: docker.Container
    volumes: dict[str, pulumi.Input[str]]


def postgres(name: str, args: PostgresArgs, child: pulumi.ResourceOptions) -> Postgres:
    """Postgres with its volumes: the data, the repository, and the socket it is backed up by."""
    volumes: dict[str, pulumi.Input[str]] = {
        DATA: kept_volume(f"{name}-postgres-data", child),
        REPOSITORY: kept_volume(f"{name}-backups", child),
        SOCKET: docker.Volume(
            f"{name}-postgres-socket", name=f"{name}-postgres-socket", opts=child
        ).name,
    }
    running = container(
        f"{name}-postgres",
        ContainerArgs(
            host=args.host,
            image=args.image,
            network=args.network.name,
            bucket_network=args.network.of_buckets if args.repository.bucket else None,
            replacement="delete-first",
            cpu_shares=FIRST_SHARES,
            grace_seconds=60,
            command=["postgres", *(f"--{key}={value}" for key, value in _options(args).items())],
            environment={
                "POSTGRES_USER": ROLE,
                "POSTGRES_DB": DATABASE,
                "POSTGRES_PASSWORD_FILE": PASSWORD_FILE,
                # For new volumes: a damaged page is then reported when it is read.
                "POSTGRES_INITDB_ARGS": "--data-checksums",
            },
            files={
                PASSWORD_FILE: args.password,
                database.PASSWORD_SCRIPT: SET_ROLE_PASSWORD,
                SETTINGS_FILE: args.repository.settings,
            },
            volumes=volumes,
            capabilities=DROP_PRIVILEGES,
            shared_megabytes=256,
            # Over TCP: during its first start Postgres answers on the socket before it is set up.
            healthcheck=healthcheck("pg_isready", "-h", "127.0.0.1", "-U", ROLE, "-d", DATABASE),
            wait_seconds=120,
        ),
        child,
    )
    return Postgres(container=running, volumes=volumes)


def roles(name: str, host: Host, server: Postgres, child: pulumi.ResourceOptions) -> Script:
    """The roles of the database and the password of the one that serves, in order."""
    # A volume may be older than the password: a new clone, a rotated secret.
    password = Script(
        f"{name}-role-password",
        ScriptArgs(
            endpoint=host.endpoint,
            container=server.container.id,
            command=database.set_password(),
        ),
        child,
    )
    # And older than the roles: the release that serves stays logged in meanwhile.
    return Script(
        f"{name}-database-roles",
        ScriptArgs(
            endpoint=host.endpoint,
            container=server.container.id,
            command=database.set_roles(),
        ),
        child.merge(pulumi.ResourceOptions(depends_on=[password])),
    )


def _options(args: PostgresArgs) -> dict[str, str]:
    # Not said where it is Postgres' own default: a container from before it was is not replaced.
    if args.connections == connections.DEFAULT:
        return OPTIONS
    return {**OPTIONS, "max_connections": str(args.connections)}
