"""The backing services that AWS runs; the others run on the host."""

from dataclasses import dataclass

import pulumi

from infra import backing_services
from infra.backing_services import BackingServices, Files
from infra.ec2_config import BACKUPS, UPLOADS, Ec2Config
from infra.targets.ec2.bucket import Bucket, BucketArgs
from infra.targets.ec2.cache import ManagedCache, ManagedCacheArgs
from infra.targets.ec2.database import ManagedDatabase, ManagedDatabaseArgs
from infra.targets.ec2.private import Private, PrivateArgs


@dataclass(frozen=True, kw_only=True)
class ManagedArgs:
    """`private_args` describes the network that a managed database or cache gets."""

    ec2: Ec2Config
    private_args: PrivateArgs
    database_password: pulumi.Input[str]
    cache_password: pulumi.Input[str]


class Managed(pulumi.ComponentResource):
    """The backing services that AWS runs; the host needs rights on the buckets of `bucket_arns`.

    `database_id` and `cache_id` are the names that CloudWatch has for them; None where the host
    runs them.
    """

    services: BackingServices
    database_id: pulumi.Output[str] | None
    cache_id: pulumi.Output[str] | None
    bucket_arns: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: ManagedArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Managed", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        buckets = {
            content: Bucket(name, BucketArgs(ec2=args.ec2, content=content), child)
            for content in args.ec2.buckets
        }
        database, cache = None, None
        if args.ec2.needs_private:
            private = Private(name, args.private_args, child)
            database = _database(name, args, private, child)
            cache = _cache(name, args, private, child)
        self.services = BackingServices(
            database=database.database if database else None,
            cache=cache.cache if cache else None,
            files=_files(buckets[UPLOADS].bucket) if UPLOADS in buckets else None,
            backups=buckets[BACKUPS].bucket if BACKUPS in buckets else None,
        )
        self.database_id = database.identifier if database else None
        self.cache_id = cache.identifier if cache else None
        self.bucket_arns = [bucket.arn for bucket in buckets.values()]
        self.register_outputs({})


def _files(bucket: backing_services.Bucket) -> Files:
    return Files(
        environment={
            "STORAGE_PROVIDER": "s3",
            "S3_BUCKET_NAME": bucket.name,
            "AWS_REGION": bucket.region,
        }
    )


def _database(
    name: str, args: ManagedArgs, private: Private, child: pulumi.ResourceOptions
) -> ManagedDatabase | None:
    if args.ec2.database != "rds":
        return None
    database = ManagedDatabaseArgs(ec2=args.ec2, private=private, password=args.database_password)
    return ManagedDatabase(name, database, child)


def _cache(
    name: str, args: ManagedArgs, private: Private, child: pulumi.ResourceOptions
) -> ManagedCache | None:
    if args.ec2.cache != "elasticache":
        return None
    cache = ManagedCacheArgs(ec2=args.ec2, private=private, password=args.cache_password)
    return ManagedCache(name, cache, child)
