"""A network of our own with a way out: nothing is shared with what else is in the account."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

CIDR = "10.20.0.0/16"
SUBNETS = ("10.20.0.0/20", "10.20.16.0/20")
"""One per zone; the host is in the first, the second for managed services."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The host is in the first zone that has machines of `instance_type`."""

    instance_type: str


class Network(pulumi.ComponentResource):
    """A VPC with public subnets in two of its `zones`; `subnet_id` and `zone` are the host's.

    `way_out` are the resources without which nothing in the subnets reaches the internet.
    """

    vpc_id: pulumi.Output[str]
    subnet_id: pulumi.Output[str]
    subnet_ids: list[pulumi.Output[str]]
    zone: pulumi.Output[str]
    zones: list[pulumi.Output[str]]
    way_out: list[pulumi.Resource]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        zones = _zones(args.instance_type, self)
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=CIDR,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=child,
        )
        gateway = aws.ec2.InternetGateway(
            f"{name}-gateway", vpc_id=vpc.id, tags={"Name": name}, opts=child
        )
        routes = aws.ec2.RouteTable(
            f"{name}-routes",
            vpc_id=vpc.id,
            routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}],
            tags={"Name": name},
            opts=child,
        )
        # The group that everything without one falls into lets nothing through.
        aws.ec2.DefaultSecurityGroup(f"{name}-default-group", vpc_id=vpc.id, opts=child)
        subnets = [
            _subnet(f"{name}-subnet-{number + 1}", cidr, zones[number], vpc, child)
            for number, cidr in enumerate(SUBNETS)
        ]
        self.vpc_id = vpc.id
        self.way_out = _way_out(name, subnets, routes, child)
        self.subnet_ids = [subnet.id for subnet in subnets]
        self.subnet_id = self.subnet_ids[0]
        self.zones = [zones[number] for number in range(len(SUBNETS))]
        self.zone = subnets[0].availability_zone
        self.register_outputs({"vpc_id": self.vpc_id, "subnet_ids": self.subnet_ids})


def _subnet(
    name: str,
    cidr: str,
    zone: pulumi.Output[str],
    vpc: aws.ec2.Vpc,
    child: pulumi.ResourceOptions,
) -> aws.ec2.Subnet:
    return aws.ec2.Subnet(
        name,
        vpc_id=vpc.id,
        cidr_block=cidr,
        availability_zone=zone,
        # The set-up of a new host needs a way out before the Elastic IP is there.
        map_public_ip_on_launch=True,
        tags={"Name": name},
        # A zone that AWS lists in another place one day must not move the subnet and its host.
        opts=child.merge(pulumi.ResourceOptions(ignore_changes=["availabilityZone"])),
    )


def _way_out(
    name: str,
    subnets: list[aws.ec2.Subnet],
    routes: aws.ec2.RouteTable,
    child: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    return [
        aws.ec2.RouteTableAssociation(
            f"{name}-subnet-{number}-routes",
            subnet_id=subnet.id,
            route_table_id=routes.id,
            opts=child,
        )
        for number, subnet in enumerate(subnets, start=1)
    ]


def _zones(instance_type: str, parent: pulumi.Resource) -> pulumi.Output[list[str]]:
    """The region's zones, those first that have machines of `instance_type`."""
    options = pulumi.InvokeOutputOptions(parent=parent)
    zones = aws.get_availability_zones_output(
        state="available",
        # Local zones have neither every instance type nor every service.
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        opts=options,
    ).names
    offered = aws.ec2.get_instance_type_offerings_output(
        location_type="availability-zone",
        filters=[{"name": "instance-type", "values": [instance_type]}],
        opts=options,
    ).locations
    return pulumi.Output.all(zones, offered).apply(lambda both: suitable(instance_type, *both))


def suitable(instance_type: str, zones: list[str], offered: list[str]) -> list[str]:
    """`zones` with those in `offered` first.

    Raises pulumi.RunError when there is none of them, or only one zone.
    """
    first = [zone for zone in zones if zone in offered]
    if not first or len(zones) < len(SUBNETS):
        key = f"{pulumi.get_project()}:instanceType"
        raise pulumi.RunError(
            f"No zone of this region offers {instance_type} (zones: {', '.join(zones)}). "
            f"Fix: pulumi config set {key} t3.small, or another region"
        )
    return first + [zone for zone in zones if zone not in first]
