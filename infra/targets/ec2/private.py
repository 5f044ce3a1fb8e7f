"""The network of managed databases and caches: no route out, reached by the host alone."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

SUBNETS = ("10.20.128.0/20", "10.20.144.0/20")
"""One per zone: AWS wants two, also for a single machine."""


@dataclass(frozen=True, kw_only=True)
class PrivateArgs:
    """The network, two of its `zones`, and the security group of the host."""

    vpc_id: pulumi.Input[str]
    zones: list[pulumi.Output[str]]
    host_group_id: pulumi.Input[str]


class Private(pulumi.ComponentResource):
    """Subnets in two zones without a route out of the network."""

    subnet_ids: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: PrivateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Private", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._name, self._args = name, args
        routes = aws.ec2.RouteTable(
            f"{name}-private-routes",
            vpc_id=args.vpc_id,
            routes=[],
            tags={"Name": f"{name}-private"},
            opts=child,
        )
        self.subnet_ids = []
        for number, cidr in enumerate(SUBNETS, start=1):
            subnet = aws.ec2.Subnet(
                f"{name}-private-{number}",
                vpc_id=args.vpc_id,
                cidr_block=cidr,
                availability_zone=args.zones[number - 1],
                tags={"Name": f"{name}-private-{number}"},
                # As with the host's: another order of the zones must not move the stores in them.
                opts=child.merge(pulumi.ResourceOptions(ignore_changes=["availabilityZone"])),
            )
            aws.ec2.RouteTableAssociation(
                f"{name}-private-{number}-routes",
                subnet_id=subnet.id,
                route_table_id=routes.id,
                opts=child,
            )
            self.subnet_ids.append(subnet.id)
        self.register_outputs({"subnet_ids": self.subnet_ids})

    def security_group(
        self, noun: str, port: int, child: pulumi.ResourceOptions
    ) -> pulumi.Output[str]:
        """A security group that the host, and nothing else, reaches on `port`; gives its id."""
        name, args = self._name, self._args
        group = aws.ec2.SecurityGroup(
            f"{name}-{noun}-group",
            vpc_id=args.vpc_id,
            description=f"The {noun} of the service",
            tags={"Name": f"{name}-{noun}"},
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-in-{noun}",
            security_group_id=group.id,
            referenced_security_group_id=args.host_group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description="the containers of the host",
            opts=child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-out-{noun}",
            security_group_id=args.host_group_id,
            referenced_security_group_id=group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"the {noun}",
            opts=child,
        )
        return group.id
