"""The service's address, which stays when the host is another one."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.ec2_config import Ec2Config

TTL_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class AddressArgs:
    """The names `ec2.domain` are made to point here when `ec2.zone_id` says in which zone."""

    ec2: Ec2Config


class Address(pulumi.ComponentResource):
    """An Elastic IP; `url` is known once the name, if ours to set, points to it."""

    allocation_id: pulumi.Output[str]
    public_ip: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: AddressArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Address", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        elastic = aws.ec2.Eip(
            f"{name}-address",
            domain="vpc",
            tags={"Name": name},
            # Another address needs a change of DNS, which may be in other hands.
            opts=child.merge(pulumi.ResourceOptions(protect=args.ec2.protect)),
        )
        self.allocation_id = elastic.allocation_id
        self.public_ip = elastic.public_ip
        if args.ec2.domain:
            self.url = pulumi.Output.from_input(f"https://{args.ec2.public_name}")
        else:
            self.url = pulumi.Output.concat("http://", self.public_ip)
            pulumi.log.warn(
                "No domain is set: the service is reached by plain HTTP, readable by all."
            )
        if args.ec2.zone_id:
            record = self._record(f"{name}-record", args.ec2.public_name, args.ec2, child)
            self.url = pulumi.Output.concat("https://", record.name)
            for other in args.ec2.domain[1:]:
                self._record(f"{name}-record-{other}", other, args.ec2, child)
        self.register_outputs({"public_ip": self.public_ip, "url": self.url})

    def _record(
        self, name: str, domain: str, ec2: Ec2Config, child: pulumi.ResourceOptions
    ) -> aws.route53.Record:
        return aws.route53.Record(
            name,
            zone_id=ec2.zone_id,
            name=domain,
            type="A",
            ttl=TTL_SECONDS,
            records=[self.public_ip],
            # A name that was pointed by hand before `zoneId` was set is taken over.
            allow_overwrite=True,
            opts=child,
        )
