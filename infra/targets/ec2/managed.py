"""Which of the service's parts AWS runs; the others run on the host."""

from dataclasses import dataclass

import pulumi

from cloud import Cloud
from parts import Cache, Database, Parts
from targets.ec2.bucket import Bucket, BucketArgs
from targets.ec2.cache import ManagedCache, ManagedCacheArgs
from targets.ec2.database import ManagedDatabase, ManagedDatabaseArgs
from targets.ec2.private import Private, PrivateArgs


@dataclass(frozen=True, kw_only=True)
class ManagedArgs:
    """`private_args` describes the network that a managed database or cache gets."""

    cloud: Cloud
    private_args: PrivateArgs
    database_password: pulumi.Input[str]
    cache_password: pulumi.Input[str]


class Managed(pulumi.ComponentResource):
    """The `parts` that AWS runs. The host needs rights on `bucket_arn`, if there is one."""

    parts: Parts
    bucket_arn: pulumi.Output[str] | None

    def __init__(
        self, name: str, args: ManagedArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Managed", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = _bucket(name, args.cloud, child)
        database, cache = None, None
        if args.cloud.needs_private:
            private = Private(name, args.private_args, child)
            database = _database(name, args, private, child)
            cache = _cache(name, args, private, child)
        self.parts = Parts(database=database, cache=cache, files=bucket and bucket.files)
        self.bucket_arn = bucket and bucket.arn
        self.register_outputs({})


def _bucket(name: str, cloud: Cloud, child: pulumi.ResourceOptions) -> Bucket | None:
    return Bucket(name, BucketArgs(cloud=cloud), child) if cloud.storage == "s3" else None


def _database(
    name: str, args: ManagedArgs, private: Private, child: pulumi.ResourceOptions
) -> Database | None:
    if args.cloud.database != "rds":
        return None
    given = ManagedDatabaseArgs(cloud=args.cloud, private=private, password=args.database_password)
    return ManagedDatabase(name, given, child).database


def _cache(
    name: str, args: ManagedArgs, private: Private, child: pulumi.ResourceOptions
) -> Cache | None:
    if args.cloud.cache != "elasticache":
        return None
    given = ManagedCacheArgs(cloud=args.cloud, private=private, password=args.cache_password)
    return ManagedCache(name, given, child).cache
