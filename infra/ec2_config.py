"""The settings that target `ec2` has beyond those of every stack."""

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.validators import (
    LISTED,
    TRUTH,
    Settings,
    between,
    described,
    matching,
    matching_or_empty,
    parsed,
)

PUBLIC_KEY = r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/=]{40,}( .*)?$"
DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
# China, GovCloud and the closed regions: their resources and hosts have other names.
OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe")
LAST_PORT = 65535
NARROWEST_ANYWHERE = 8
"""A prefix as short as this is no list of known addresses."""
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545),
    *(731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The choices of CloudWatch Logs, from its model in botocore."""


NEW_SETUP = "TASKMANAGER_NEW_SETUP"
"""The environment variable with which a host gets the newest user data: it is a new one then."""
UPLOADS, BACKUPS = "uploads", "backups"
"""The contents of buckets."""
ON_HOST = {"database": "container", "cache": "container", "storage": "volume", "backups": "volume"}
"""The choice that every target has; the other ones are AWS's."""


def _region(name: str) -> str:
    if name.startswith(OTHER_PARTITIONS):
        raise ValueError(name)
    return name


def _network(text: str) -> str:
    network = ip_network(text)
    if network.prefixlen <= NARROWEST_ANYWHERE:
        raise ValueError(text)
    return str(network)


def _retention(text: str) -> int:
    if int(text) not in RETENTION_DAYS:
        raise ValueError(text)
    return int(text)


def _port(text: str) -> str:
    if not 1 <= int(text) <= LAST_PORT:
        raise ValueError(text)
    return str(int(text))


class Ec2Config(Settings):
    """The settings of target `ec2`, checked.

    region: the AWS region.
    instance_type, architecture: the machine.
    cpu_credits: whether a burstable machine may use processors beyond its credits, for money.
    ami: the machine's image; empty: the newest Amazon Linux 2023.
    access: how people administer the machine.
    ssh_from: the networks from which they do, when access is ssh.
    outbound_ports: the TCP ports, beside 443, that the machine and its containers may reach.
    ssh_public_keys: the public keys of those who do.
    bootstrap_timeout: the longest set-up of a machine, in seconds.
    volume_size: the data volume, in GiB.
    snapshot_days: the age up to which its snapshots are kept, in days.
    protect: whether data is protected against deletion.
    log_days: the age up to which the containers' logs are kept in CloudWatch, in days.
    database, cache, storage, backups: who runs each backing service.
    database_class, database_size: the managed database; the size is in GiB.
    cache_node: the managed cache.
    domain: the names of the service, of which all redirect to the first; none: its address,
        without TLS.
    zone_id: the Route 53 zone of those names; empty: DNS is not ours to change.
    alarm_email: where alarms go; empty: no alarm mail.
    """

    region: Annotated[str, AfterValidator(_region)] = matching(
        "[a-z]{2,4}(-[a-z]+)+-[0-9]", "an AWS region outside China and GovCloud", "eu-central-1"
    )
    instance_type: str = matching(
        r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "an EC2 instance type", "t3.small"
    )
    cpu_credits: Literal["unlimited", "standard"]
    architecture: Literal["x86_64", "arm64"]
    ami: str = matching_or_empty(
        "ami-[0-9a-f]{8,17}", "nothing, or the id of an Amazon Linux 2023 image"
    )
    access: Literal["ssm", "ssh"]
    ssh_from: Annotated[tuple[Annotated[str, parsed(_network)], ...], LISTED] = described(
        "nothing, or networks like 203.0.113.7/32 separated by commas", '""', default=()
    )
    outbound_ports: Annotated[tuple[Annotated[str, parsed(_port)], ...], LISTED] = described(
        "nothing, or ports like 587 separated by commas", '""', default=()
    )
    ssh_public_keys: Annotated[tuple[Annotated[str, Field(pattern=PUBLIC_KEY)], ...], LISTED] = (
        described("public SSH keys, one per line", '"$(cat ~/.ssh/id_ed25519.pub)"', min_length=1)
    )
    bootstrap_timeout: int = between(60, 3600, example=900)
    volume_size: int = between(4, 16384, example=20)
    snapshot_days: int = between(1, 365, example=7)
    protect: Annotated[bool, TRUTH] = described("true or false", "true")
    log_days: Annotated[int, parsed(_retention)] = described(
        f"one of the days that CloudWatch Logs keeps: {', '.join(map(str, RETENTION_DAYS))}", "30"
    )
    database: Literal["container", "rds"]
    database_class: str = matching(
        r"db\.[a-z0-9-]+\.[a-z0-9]+", "an RDS instance class", "db.t4g.micro"
    )
    database_size: int = between(20, 65536, example=20)
    cache: Literal["container", "elasticache"]
    cache_node: str = matching(
        r"cache\.[a-z0-9-]+\.[a-z0-9]+", "an ElastiCache node type", "cache.t4g.micro"
    )
    storage: Literal["volume", "s3"]
    backups: Literal["volume", "s3"]
    domain: Annotated[tuple[Annotated[str, Field(pattern=DOMAIN)], ...], LISTED] = described(
        "nothing, or a name like tasks.example.com; others that redirect to it after commas",
        '""',
        default=(),
    )
    zone_id: str = matching_or_empty("Z[A-Z0-9]{5,31}", "nothing, or the id of a Route 53 zone")
    alarm_email: str = matching_or_empty(
        r"[^@\s]+@[^@\s]+\.[^@\s]+", "nothing, or an e-mail address"
    )

    @property
    def public_name(self) -> str:
        """The name of the service; empty: it has none."""
        return self.domain[0] if self.domain else ""

    @property
    def burstable(self) -> bool:
        """Whether the host's processors run on credits."""
        return self.instance_type.startswith("t")

    @property
    def buckets(self) -> list[str]:
        """The contents that are in buckets; a managed database has backups of its own."""
        kept = {
            UPLOADS: self.storage == "s3",
            BACKUPS: self.backups == "s3" and self.database == "container",
        }
        return [content for content, wanted in kept.items() if wanted]

    @property
    def needs_private(self) -> bool:
        """Whether AWS runs something that only the host may reach."""
        return self.database == "rds" or self.cache == "elasticache"
