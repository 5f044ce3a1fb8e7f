"""Postgres, Redis and the users' files: data that outlives every container."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra import connections
from infra.backing_services import Cache, Database, Files, cache_url, database_url
from infra.components.backup import Backup, BackupArgs
from infra.components.container import (
    FIRST_SHARES,
    ContainerArgs,
    container,
    healthcheck,
    kept_volume,
)
from infra.components.edge import Edge
from infra.components.images import Images
from infra.components.network import Network
from infra.components.postgres import DROP_PRIVILEGES, Postgres, PostgresArgs, postgres, roles
from infra.components.repository import Repository
from infra.host import Host

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
    """The arguments of Datastore.

    host: the machine that it runs on.
    network: the host's networks.
    images: the images of the containers.
    edge: the proxy, which is replaced before the stores.
    database_password: the password of the database's role.
    replicas: the number of api containers, which share its connections.
    backup_secret: the key of the backups.
    backup_time: the time of the daily backup, UTC, as HH:MM.
    backup_weeks: how long a backup is kept, in weeks.
    """

    host: Host
    network: Network
    images: Images
    edge: Edge
    database_password: pulumi.Input[str]
    replicas: int
    backup_secret: pulumi.Input[str]
    backup_time: str
    backup_weeks: int


class Datastore(pulumi.ComponentResource):
    """The database, the cache and the place for uploads: the target's, or on the host.

    Addresses of stores on the host are plain text and not outputs of the containers: a replaced
    Postgres must not count as a changed api container. Resources that use the stores depend on
    `ready`. `connections` are those that Postgres allows; 0 where the target brings one along.
    """

    database: Database
    cache: Cache
    files: Files
    ready: list[pulumi.Resource]
    connections: int

    def __init__(
        self, name: str, args: DatastoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Datastore", name, None, opts)
        child = args.host.child_of(self)
        managed = args.host.backing_services
        repository = Repository(secret=args.backup_secret, bucket=managed.backups)
        self.files = managed.files or _files(name, child)
        # A container is deleted before it is made again, and a deployment that fails in between
        # leaves none: so one at a time, the next one once this one is well.
        self.ready = [args.edge]
        self.connections = 0 if managed.database else connections.kept(args.replicas)
        if managed.database:
            self.database = managed.database
            self.ready = [*self.ready, *self.database.ready]
            self._add_cache(name, args, child)
        else:
            server = _server(name, args, repository, self.connections, _after(child, self.ready))
            self.database = _database(name, args, server)
            self.ready = [roles(name, args.host, server, child)]
            self._add_cache(name, args, child)
            backup = _backup(name, args, server, repository, self)
            self.ready = [*self.ready, backup.check]
        self.register_outputs({"database": self.database.id})

    def _add_cache(self, name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> None:
        managed = args.host.backing_services
        self.cache = managed.cache or _cache(name, args, _after(child, self.ready))
        self.ready = [*self.ready, *self.cache.ready]


def _after(child: pulumi.ResourceOptions, before: list[pulumi.Resource]) -> pulumi.ResourceOptions:
    return child.merge(pulumi.ResourceOptions(depends_on=before))


def _server(
    name: str,
    args: DatastoreArgs,
    repository: Repository,
    allowed: int,
    child: pulumi.ResourceOptions,
) -> Postgres:
    return postgres(
        name,
        PostgresArgs(
            host=args.host,
            network=args.network,
            image=args.images.postgres,
            password=args.database_password,
            repository=repository,
            connections=allowed,
        ),
        child,
    )


def _backup(
    name: str, args: DatastoreArgs, server: Postgres, repository: Repository, datastore: Datastore
) -> Backup:
    return Backup(
        name,
        BackupArgs(
            host=args.host,
            network=args.network,
            image=args.images.postgres,
            volumes=server.volumes,
            uploads=datastore.files.volumes.get(UPLOADS),
            repository=repository,
            time=args.backup_time,
            weeks=args.backup_weeks,
            postgres=server.container.id,
            after=[server.container, *datastore.ready],
        ),
        pulumi.ResourceOptions(parent=datastore),
    )


def _database(name: str, args: DatastoreArgs, server: Postgres) -> Database:
    container = f"{name}-postgres"
    url = database_url(container, args.database_password)
    return Database(url=url, id=server.container.id, container=container)


def _cache(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> Cache:
    return Cache(url=cache_url(f"{name}-redis"), ready=[_redis(name, args, child)])


def _files(name: str, child: pulumi.ResourceOptions) -> Files:
    volume = kept_volume(f"{name}-uploads", child)
    return Files(environment={"UPLOAD_DIR": UPLOADS}, volumes={UPLOADS: volume})


def _redis(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> docker.Container:
    return container(
        f"{name}-redis",
        ContainerArgs(
            host=args.host,
            image=args.images.redis,
            network=args.network.name,
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
