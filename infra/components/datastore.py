"""Postgres, Redis and the users' files: data that outlives every container."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.container import container
from host import Host
from jobs.script import Script
from parts import DATABASE, ROLE, Cache, Database, Files, cache_url, database_url

POSTGRES_IMAGE = "postgres:17-trixie"
REDIS_IMAGE = "redis:8-trixie"
UPLOADS = "/var/lib/taskmanager/uploads"
PASSWORD_FILE = "/run/secrets/database_password"  # noqa: S105 - a path
ROLE_SCRIPT = "/run/secrets/role.sql"
# psql reads the password itself: it is in no argument and no environment.
SET_ROLE_PASSWORD = f"\\set password `cat {PASSWORD_FILE}`\nALTER ROLE {ROLE} PASSWORD :'password';"
REDIS_OPTIONS = [
    "--appendonly",
    "yes",
    "--maxmemory",
    "128mb",
    "--maxmemory-policy",
    "volatile-lru",
]
# What the official entrypoints need to hand over from root to their own user.
DROP_PRIVILEGES = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID")


@dataclass(frozen=True, kw_only=True)
class DatastoreArgs:
    """`network` is the name of the `host`'s private network."""

    host: Host
    network: pulumi.Input[str]
    database_password: pulumi.Input[str]


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
        given = args.host.parts
        self.database = given.database or _database(name, args, child)
        self.cache = given.cache or _cache(name, args, child)
        self.files = given.files or _files(name, child)
        self.ready = [*self.database.ready, *self.cache.ready]
        self.register_outputs({"database": self.database.id})


def _database(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> Database:
    postgres = _postgres(name, args, child)
    # A volume may be older than the password: a new clone, a rotated secret.
    role = Script(
        f"{name}-role-password",
        {
            "endpoint": args.host.endpoint,
            "container": postgres.id,
            "command": ["psql", "-qU", ROLE, "-d", DATABASE, "-f", ROLE_SCRIPT],
        },
        opts=child,
    )
    url = database_url(f"{name}-postgres", args.database_password)
    return Database(url=url, id=postgres.id, ready=[role])


def _cache(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> Cache:
    return Cache(url=cache_url(f"{name}-redis"), ready=[_redis(name, args, child)])


def _files(name: str, child: pulumi.ResourceOptions) -> Files:
    volume = _volume(f"{name}-uploads", child)
    return Files(environment={"UPLOAD_DIR": UPLOADS}, volumes={UPLOADS: volume})


def _postgres(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> docker.Container:
    return container(
        f"{name}-postgres",
        host=args.host,
        image=_image(f"{name}-postgres-image", POSTGRES_IMAGE, args.host, child),
        network=args.network,
        replacement="delete-first",
        grace_seconds=60,
        envs=[
            f"POSTGRES_USER={ROLE}",
            f"POSTGRES_DB={DATABASE}",
            f"POSTGRES_PASSWORD_FILE={PASSWORD_FILE}",
        ],
        files={PASSWORD_FILE: args.database_password, ROLE_SCRIPT: SET_ROLE_PASSWORD},
        volumes={
            "/var/lib/postgresql/data": _volume(f"{name}-postgres-data", child),
        },
        capabilities=DROP_PRIVILEGES,
        shm_size=256,
        # Over TCP: during its first start Postgres answers on the socket before it is set up.
        healthcheck=_healthcheck("pg_isready", "-h", "127.0.0.1", "-U", ROLE, "-d", DATABASE),
        wait=True,
        wait_timeout=120,
        opts=child,
    )


def _redis(name: str, args: DatastoreArgs, child: pulumi.ResourceOptions) -> docker.Container:
    return container(
        f"{name}-redis",
        host=args.host,
        image=_image(f"{name}-redis-image", REDIS_IMAGE, args.host, child),
        network=args.network,
        replacement="delete-first",
        grace_seconds=30,
        command=["redis-server", *REDIS_OPTIONS],
        volumes={"/data": _volume(f"{name}-redis-data", child)},
        capabilities=DROP_PRIVILEGES,
        healthcheck=_healthcheck("redis-cli", "ping"),
        wait=True,
        wait_timeout=60,
        opts=child,
    )


def _image(name: str, image: str, host: Host, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    return docker.RemoteImage(
        name, name=image, keep_locally=True, triggers=host.mark or None, opts=child
    ).image_id


def _volume(name: str, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    # `make down` removes the containers and keeps the data: PURGE=1 says otherwise.
    kept = child.merge(pulumi.ResourceOptions(retain_on_delete=True))
    return docker.Volume(name, name=name, opts=kept).name


def _healthcheck(*command: str) -> docker.ContainerHealthcheckArgs:
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", *command], interval="2s", timeout="5s", retries=5, start_period="30s"
    )
