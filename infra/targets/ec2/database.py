"""Postgres as RDS runs it."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.backing_services import Database, database_url
from infra.ec2_config import Ec2Config
from infra.names import DATABASE, ROLE
from infra.steps.growing_size import GrowingSize, GrowingSizeArgs
from infra.targets.ec2.private import Private

PORT = 5432
MAJOR = "17"
LONGEST_RETENTION_DAYS = 35
BACKUP_WINDOW = "02:30-03:00"
GROWTH = 4
"""Times the configured size: as far as storage grows by itself."""
LARGEST_GIB = 65536
MAINTENANCE_WINDOW = "sun:03:30-sun:04:30"
# Encrypted, without a look at the certificate: its authority is RDS's own, which no image knows,
# and nothing but the host's network lies between.
TLS = "?sslmode=require"


@dataclass(frozen=True, kw_only=True)
class ManagedDatabaseArgs:
    """The database that `ec2` describes, in `private`. `password` is changed in place."""

    ec2: Ec2Config
    private: Private
    password: pulumi.Input[str]


class ManagedDatabase(pulumi.ComponentResource):
    """An encrypted instance with point-in-time recovery that refuses connections without TLS."""

    database: Database
    identifier: pulumi.Output[str]

    def __init__(
        self, name: str, args: ManagedDatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:ManagedDatabase", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        instance = _instance(name, args, child)
        self.database = Database(
            url=database_url(instance.address, args.password, options=TLS),
            id=instance.resource_id,
            ready=[instance],
        )
        self.identifier = instance.identifier
        self.register_outputs({"address": instance.address})


def _instance(
    name: str, args: ManagedDatabaseArgs, child: pulumi.ResourceOptions
) -> aws.rds.Instance:
    ec2 = args.ec2
    subnets = aws.rds.SubnetGroup(
        f"{name}-database", subnet_ids=args.private.subnet_ids, opts=child
    )
    return aws.rds.Instance(
        f"{name}-database",
        engine="postgres",
        engine_version=MAJOR,
        instance_class=ec2.database_class,
        allocated_storage=_size(name, ec2, child),
        # A full disk stops the database; AWS never gives storage back.
        max_allocated_storage=min(ec2.database_size * GROWTH, LARGEST_GIB),
        storage_type="gp3",
        storage_encrypted=True,
        db_name=DATABASE,
        username=ROLE,
        password=args.password,
        port=PORT,
        db_subnet_group_name=subnets.name,
        vpc_security_group_ids=[args.private.security_group("database", PORT, child)],
        publicly_accessible=False,
        parameter_group_name=_only_by_tls(name, child),
        backup_retention_period=min(ec2.snapshot_days, LONGEST_RETENTION_DAYS),
        backup_window=BACKUP_WINDOW,
        copy_tags_to_snapshot=True,
        # A person who deletes the database can still restore it, for as long as backups are kept.
        delete_automated_backups=False,
        maintenance_window=MAINTENANCE_WINDOW,
        auto_minor_version_upgrade=True,
        performance_insights_enabled=True,
        # Later steps of the same deployment need the new password.
        apply_immediately=True,
        deletion_protection=ec2.protect,
        skip_final_snapshot=False,
        # A name can exist once, and snapshots outlive the stack: this one ends in the group's
        # random letters.
        final_snapshot_identifier=pulumi.Output.concat("final-", subnets.name),
        opts=child.merge(pulumi.ResourceOptions(protect=ec2.protect)),
    )


def _size(name: str, ec2: Ec2Config, child: pulumi.ResourceOptions) -> pulumi.Output[int]:
    key = f"{pulumi.get_project()}:databaseSize"
    args = GrowingSizeArgs(setting=key, gib=ec2.database_size)
    return GrowingSize(f"{name}-database-size", args, child).size


def _only_by_tls(name: str, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    return aws.rds.ParameterGroup(
        f"{name}-database",
        family=f"postgres{MAJOR}",
        parameters=[{"name": "rds.force_ssl", "value": "1"}],
        opts=child,
    ).name
