"""Redis as ElastiCache runs it: Valkey, which speaks the same."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.backing_services import Cache, cache_url
from infra.ec2_config import Ec2Config
from infra.targets.ec2.private import Private

PORT = 6379
VERSION = "8.0"
# The container has the same policy: keys with a time to live are evicted.
PARAMETERS = "default.valkey8"


@dataclass(frozen=True, kw_only=True)
class ManagedCacheArgs:
    """The cache that `ec2` describes, in `private`."""

    ec2: Ec2Config
    private: Private
    password: pulumi.Input[str]


class ManagedCache(pulumi.ComponentResource):
    """One encrypted node that wants TLS and a password."""

    cache: Cache
    identifier: pulumi.Output[str]

    def __init__(
        self, name: str, args: ManagedCacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:ManagedCache", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        subnets = aws.elasticache.SubnetGroup(
            f"{name}-cache", subnet_ids=args.private.subnet_ids, opts=child
        )
        group = aws.elasticache.ReplicationGroup(
            f"{name}-cache",
            replication_group_id=name,
            description=f"Cache and rate limits of {name}",
            engine="valkey",
            engine_version=VERSION,
            parameter_group_name=PARAMETERS,
            node_type=args.ec2.cache_node,
            num_cache_clusters=1,
            automatic_failover_enabled=False,
            port=PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[args.private.security_group("cache", PORT, child)],
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=args.password,
            # The old containers go on with the old one until they are gone.
            auth_token_update_strategy="ROTATE",  # noqa: S106 - a strategy
            apply_immediately=True,
            # Nothing is in it that cannot be lost, and its name can exist once.
            opts=child.merge(pulumi.ResourceOptions(delete_before_replace=True)),
        )
        address = group.primary_endpoint_address
        self.cache = Cache(url=cache_url(address, password=args.password), ready=[group])
        # CloudWatch knows the one node, not the group: AWS numbers a group's nodes from 001.
        self.identifier = pulumi.Output.concat(group.replication_group_id, "-001")
        self.register_outputs({"address": address})
