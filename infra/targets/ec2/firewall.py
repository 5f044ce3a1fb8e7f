"""The rules of access to the host and from it, one per line."""

from dataclasses import dataclass
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from infra.ec2_config import Ec2Config

ANYWHERE = "0.0.0.0/0"


class Rule(NamedTuple):
    """TCP to `port`, from or to `network`, and why."""

    name: str
    port: int
    network: str
    reason: str


INBOUND = [
    Rule("http", 80, ANYWHERE, "users; with a domain: redirects and certificate challenges"),
    Rule("https", 443, ANYWHERE, "users, with a domain"),
]
OUTBOUND = [
    Rule("https", 443, ANYWHERE, "image registry, packages, certificates, AWS itself"),
]


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """`ec2.ssh_from` may administer the host; it is empty when that is done by SSM."""

    ec2: Ec2Config
    vpc_id: pulumi.Input[str]


class Firewall(pulumi.ComponentResource):
    """A security group: the rules above, and one for each of `ssh_from` and `outbound_ports`."""

    group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Firewall", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description="The host of the service",
            tags={"Name": name},
            opts=child,
        )
        for rule in [*INBOUND, *_administration(args.ec2)]:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-in-{rule.name}",
                security_group_id=group.id,
                ip_protocol="tcp",
                from_port=rule.port,
                to_port=rule.port,
                cidr_ipv4=rule.network,
                description=rule.reason,
                opts=child,
            )
        for rule in [*OUTBOUND, *_further(args.ec2)]:
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-out-{rule.name}",
                security_group_id=group.id,
                ip_protocol="tcp",
                from_port=rule.port,
                to_port=rule.port,
                cidr_ipv4=rule.network,
                description=rule.reason,
                opts=child,
            )
        self.group_id = group.id
        self.register_outputs({"group_id": self.group_id})


def _administration(ec2: Ec2Config) -> list[Rule]:
    return [
        Rule(f"ssh-{number}", 22, network, "administration")
        for number, network in enumerate(ec2.ssh_from, start=1)
    ]


def _further(ec2: Ec2Config) -> list[Rule]:
    return [
        Rule(f"port-{port}", int(port), ANYWHERE, "outboundPorts") for port in ec2.outbound_ports
    ]
