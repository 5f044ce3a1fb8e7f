"""Postgres, Redis and the users' files: data that outlives every container."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra.backing_services import Cache, Database, Files, cache_url, database_url
from infra.components.backup import Backup, BackupArgs
from infra.components.container import (
    FIRST_SHARES,
    ContainerArgs,
    container,
    healthcheck,
    kept_volume,
)
from infra.components.image import POSTGRES, Image, ImageArgs
from infra.components.postgres import DROP_PRIVILEGES, ROLE_SCRIPT, PostgresArgs, postgres
from infra.components.repository import Repository
from infra.host import Host
from infra.names import DATABASE, ROLE
from infra.steps.script import Script, ScriptArgs

REDIS_IMAGE = "redis:8-trixie"
UPLOADS = "/var/lib/taskmanager/uploads"
REDIS_OPTIONS = [
    "--appendonly",
    "yes",
    "--maxmemory",
    "128mb",
    "--maxmemory-policy",
    "volatile-lru",
]


@dataclass(frozen=True, kw_only=True)
class DatastoreArgs:
    """`network` is the name of the `host`'s private network.

    `postgres_image` is one that was built before, if any; else it is built, as `repository`:`tag`.
    The database on the host is copied at `backup_time` (UTC, HH:MM) and kept for `backup_weeks`.
    """

    host: Host
    network: pulumi.Input[str]
    database_password: pulumi.Input[str]
    postgres_image: str
    repository: str
    tag: str
    backup_secret: pulumi.Input[str]
    backup_time: str
    backup_weeks: int


class Datastore(pulumi.ComponentResource):
    """The database, the cache and the place for uploads: the target's, or on the host.

    Addresses of what is on the host are plain text and not outputs of the containers: a replaced
    Postgres must not count as a changed api container. What needs the stores to be there depends on
    `ready`.
    """

    database: Database
    cache: Cache
    files: Files
    ready: list[pulumi.Resource]

    def __init__(
        self, name: str, args: DatastoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Datastore", name, None, opts)
        child = args.host.child_of(self)
        managed = args.host.backing_services
        self.files = managed.files or _files(name, child)
        self.database = managed.database or _database(name, args, self.files, child)
        self.cache = managed.cache or _cache(name, args, child)
        self.ready = [*self.database.ready, *self.cache.ready]
        self.register_outputs({"database": self.database.id})


def _database(
    name: str, args: DatastoreArgs, files: Files, child: pulumi.ResourceOptions
) -> Database:
    image = _postgres_image(name, args, child)
    repository = Repository(secret=args.backup_secret, bucket=args.host.backing_services.backups)
    server = postgres(
        name,
        PostgresArgs(
            host=args.host,
            network=args.network,
            image=image,
            password=args.database_password,
            repository=repository,
        ),
        child,
    )
    # A volume may be older than the password: a new clone, a rotated secret.
    role = Script(
        f"{name}-role-password",
        ScriptArgs(
            endpoint=args.host.endpoint,
            container=server.container.id,
            command=["psql", "-qU", ROLE, "-d", DATABASE, "-f", ROLE_SCRIPT],
        ),
        child,
    )
    backup = Backup(
        name,
        BackupArgs(
            host=args.host,
            network=args.network,
            image=image,
            volumes=server.volumes,
            uploads=files.volumes.get(UPLOADS),
            repository=repository,
            time=args.backup_time,
            weeks=args.backup_weeks,
            database=server.container,
        ),
        pulumi.ResourceOptions(parent=child.parent),
    )
    url = database_url(f"{name}-postgres", args.database_password)
    return Database(url=url, id=server.container.id, ready=[role, backup.check])


def _postgres_image(
    name: str, args: DatastoreArgs, child: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    image = ImageArgs(
        host=args.host,
        context=POSTGRES,
        prebuilt=args.postgres_image,
        repository=args.repository,
        tag=args.tag,
    )
    return Image(f"{name}-database", image, pulumi.ResourceOptions(parent=child.parent)).reference


def _cache(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> Cache:
    return Cache(url=cache_url(f"{name}-redis"), ready=[_redis(name, args, child)])


def _files(name: str, child: pulumi.ResourceOptions) -> Files:
    volume = kept_volume(f"{name}-uploads", child)
    return Files(environment={"UPLOAD_DIR": UPLOADS}, volumes={UPLOADS: volume})


def _redis(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> docker.Container:
    image = docker.RemoteImage(
        f"{name}-redis-image",
        name=REDIS_IMAGE,
        keep_locally=True,
        triggers=args.host.machine_labels or None,
        opts=child,
    )
    return container(
        f"{name}-redis",
        ContainerArgs(
            host=args.host,
            image=image.image_id,
            network=args.network,
            replacement="delete-first",
            cpu_shares=FIRST_SHARES,
            grace_seconds=30,
            command=["redis-server", *REDIS_OPTIONS],
            volumes={"/data": kept_volume(f"{name}-redis-data", child)},
            capabilities=DROP_PRIVILEGES,
            healthcheck=healthcheck("redis-cli", "ping"),
            wait_seconds=60,
        ),
        child,
    )
