"""A network of our own with a way out: nothing is shared with what else is in the account."""

import pulumi
import pulumi_aws as aws

CIDR = "10.20.0.0/16"
SUBNETS = ("10.20.0.0/20", "10.20.16.0/20")
"""One per zone; the host is in the first, the second is for what needs two zones."""


class Network(pulumi.ComponentResource):
    """A VPC with public subnets in two of its `zones`; `subnet_id` and `zone` are the host's."""

    vpc_id: pulumi.Output[str]
    subnet_id: pulumi.Output[str]
    subnet_ids: list[pulumi.Output[str]]
    zone: pulumi.Output[str]
    zones: list[pulumi.Output[str]]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("taskmanager:aws:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        zones = aws.get_availability_zones_output(
            state="available",
            # Local zones have neither every instance type nor every service.
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).names
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
            _subnet(f"{name}-subnet-{number + 1}", cidr, zones[number], vpc, routes, child)
            for number, cidr in enumerate(SUBNETS)
        ]
        self.vpc_id = vpc.id
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
    routes: aws.ec2.RouteTable,
    child: pulumi.ResourceOptions,
) -> aws.ec2.Subnet:
    subnet = aws.ec2.Subnet(
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
    aws.ec2.RouteTableAssociation(
        f"{name}-routes", subnet_id=subnet.id, route_table_id=routes.id, opts=child
    )
    return subnet
