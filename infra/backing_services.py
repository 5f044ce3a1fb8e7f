"""The service's database, cache and files: on the host, or brought along by the target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import pulumi

from infra.names import DATABASE, ROLE


@dataclass(frozen=True, kw_only=True)
class Database:
    """A Postgres.

    url: its address with the password; a secret.
    id: another one when the data may be other data, whose schema is then migrated again.
    container: the name of its container; empty where the target brings it along.
    ready: the resources to wait for before using it.
    """

    url: pulumi.Output[str]
    id: pulumi.Output[str]
    container: str = ""
    ready: list[pulumi.Resource] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A Redis.

    url: its address, which may hold a password; a secret.
    ready: the resources to wait for before using it.
    """

    url: pulumi.Output[str]
    ready: list[pulumi.Resource] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Files:
    """The place for uploads.

    environment: the service's settings for it.
    volumes: the names of the volumes that it needs, by the path at which they are mounted.
    """

    environment: Mapping[str, pulumi.Input[str]]
    volumes: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An S3 bucket that the containers of the host may use by the host's own rights.

    name: the bucket's name.
    region: the AWS region that it is in.
    """

    name: pulumi.Input[str]
    region: str

    @property
    def endpoint(self) -> str:
        """The name of the region's S3."""
        return f"s3.{self.region}.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class BackingServices:
    """The backing services that a target brings along; None: it runs on the host.

    database: the database.
    cache: the cache.
    files: the place for uploads.
    backups: the bucket for backups of a database on the host; a managed one has its own.
    """

    database: Database | None = None
    cache: Cache | None = None
    files: Files | None = None
    backups: Bucket | None = None

    @property
    def by_rights(self) -> bool:
        """Whether a container opens a bucket by the host's rights."""
        return self.files is not None or self.backups is not None


def database_url(
    host: pulumi.Input[str], password: pulumi.Input[str], *, options: str = ""
) -> pulumi.Output[str]:
    """The address of DATABASE for ROLE; a secret."""
    return pulumi.Output.secret(
        pulumi.Output.format(
            "postgresql://{0}:{1}@{2}:5432/{3}{4}", ROLE, _quoted(password), host, DATABASE, options
        )
    )


def cache_url(
    host: pulumi.Input[str], *, password: pulumi.Input[str] | None = None
) -> pulumi.Output[str]:
    """The address of a Redis, by TLS where it has a password; a secret."""
    if password is None:
        return pulumi.Output.secret(pulumi.Output.format("redis://{0}:6379/0", host))
    return pulumi.Output.secret(
        pulumi.Output.format("rediss://:{0}@{1}:6379/0", _quoted(password), host)
    )


def _quoted(password: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(password).apply(lambda text: quote(text, safe=""))
