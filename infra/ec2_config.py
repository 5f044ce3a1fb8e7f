"""What the `ec2` target asks for beyond what every stack does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from infra.validators import Rule, between, conflicting, full, listed, matching, one_of, switch

# Not China, GovCloud and the closed ones: their names of resources and hosts are other ones.
REGION = re.compile(r"(?!cn-|us-gov-|us-iso|eu-isoe)[a-z]{2,4}(-[a-z]+)+-\d")
INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+")
XEN = re.compile(r"(t1|t2|m[1-4]|c[1-4]|cc2|cr1|d2|f1|g2|g3s?|h1|hs1|i[23]|p[23]|r[34]|x1e?)\..+")
"""Types without the names by which a disk is found (/dev/disk/by-id/nvme-…)."""
DATABASE_CLASS = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9]+")
CACHE_NODE = re.compile(r"cache\.[a-z0-9-]+\.[a-z0-9]+")
GRAVITON = re.compile(r"([a-z]+\d+g[a-z0-9-]*|a1)\..+")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
PUBLIC_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/=]{40,}( .*)?")
NARROWEST_ANYWHERE = 8
"""A prefix as short as this is no list of known addresses."""


def _addresses(text: str) -> str:
    network = ip_network(text)
    if network.prefixlen <= NARROWEST_ANYWHERE:
        raise ValueError(text)
    return str(network)


def _public_key(text: str) -> str:
    if not PUBLIC_KEY.fullmatch(text):
        raise ValueError(text)
    return text


RULES: Mapping[str, Rule] = {
    "region": matching(REGION, "an AWS region outside China and GovCloud", "eu-central-1"),
    "instanceType": matching(INSTANCE_TYPE, "an EC2 instance type", "t3.small"),
    "cpuCredits": one_of("unlimited", "standard"),
    "architecture": one_of("x86_64", "arm64"),
    "ami": matching(
        re.compile(r"ami-[0-9a-f]{8,17}"),
        "nothing, or the id of an Amazon Linux 2023 image",
        '""',
        empty=True,
    ),
    "access": one_of("ssm", "ssh"),
    "sshFrom": listed(
        _addresses, "nothing, or networks like 203.0.113.7/32 separated by commas", '""', empty=True
    ),
    "sshPublicKeys": listed(
        _public_key,
        "public SSH keys, one per line",
        '"$(cat ~/.ssh/id_ed25519.pub)"',
        empty=False,
    ),
    "bootstrapTimeout": between(60, 3600, 900),
    "volumeSize": between(4, 16384, 20),
    "snapshotDays": between(1, 365, 7),
    "protect": switch(example=True),
    "database": one_of("container", "rds"),
    "databaseClass": matching(DATABASE_CLASS, "an RDS instance class", "db.t4g.micro"),
    "databaseSize": between(20, 65536, 20),
    "cache": one_of("container", "elasticache"),
    "cacheNode": matching(CACHE_NODE, "an ElastiCache node type", "cache.t4g.micro"),
    "storage": one_of("volume", "s3"),
    "backups": one_of("volume", "s3"),
    "domain": matching(DOMAIN, "nothing, or a name like tasks.example.com", '""', empty=True),
    "zoneId": matching(
        re.compile(r"Z[A-Z0-9]{5,31}"), "nothing, or the id of a Route 53 zone", '""', empty=True
    ),
    "alarmEmail": matching(
        re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "nothing, or an e-mail address", '""', empty=True
    ),
}
USELESS_ELSEWHERE = ("region", "domain", "zoneId", "alarmEmail", "ami", "sshFrom", "sshPublicKeys")
"""Keys whose default is nothing: set for another target, they are a mistake."""


UPLOADS, BACKUPS = "uploads", "backups"
"""What may be in a bucket."""
ON_HOST = {"database": "container", "cache": "container", "storage": "volume", "backups": "volume"}
"""What every target has; the other choices are AWS's."""
PASSWORDS = {
    "databasePassword": (
        ("database", "rds"),
        re.compile(r"[!#-.0-?A-~]{16,128}"),
        'printable characters without space, /, @ and "',
    ),
    "cachePassword": (
        ("cache", "elasticache"),
        re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}"),
        "letters, digits and ! & # $ ^ < > -",
    ),
}
"""Of each password: where it matters, what AWS accepts there, and the same in words."""


@dataclass(frozen=True, kw_only=True)
class Ec2Config:
    """The settings of target `ec2`, checked. Sizes are in GiB, times in seconds."""

    region: str
    instance_type: str
    cpu_credits: str
    architecture: str
    ami: str
    access: str
    ssh_from: tuple[str, ...]
    ssh_public_keys: tuple[str, ...]
    bootstrap_timeout: int
    volume_size: int
    snapshot_days: int
    protect: bool
    database: str
    database_class: str
    database_size: int
    cache: str
    cache_node: str
    storage: str
    backups: str
    domain: str
    zone_id: str
    alarm_email: str

    @property
    def burstable(self) -> bool:
        """Whether the host's processors run on credits."""
        return self.instance_type.startswith("t")

    @property
    def buckets(self) -> list[str]:
        """What is in buckets; the backups of a managed database are not ours."""
        kept = {
            UPLOADS: self.storage == "s3",
            BACKUPS: self.backups == "s3" and self.database == "container",
        }
        return [content for content, wanted in kept.items() if wanted]

    @property
    def needs_private(self) -> bool:
        """Whether AWS runs something that only the host may reach."""
        return self.database == "rds" or self.cache == "elasticache"


def conflicts(values: Mapping[str, Any]) -> list[str]:
    """The problems between settings that are acceptable alone; `values` may lack refused ones."""
    access, sources = values.get("access"), values.get("ssh_from")
    problems: list[str] = []
    if access == "ssh" and sources == ():
        wants = "the networks to administer from, as access is ssh"
        fix = f"set {full('sshFrom')} 203.0.113.7/32"
        problems.append(conflicting("sshFrom", "", accepted=wants, fix=fix))
    if access == "ssm" and sources:
        fix = f"rm {full('sshFrom')}"
        wants = "nothing, as access is ssm and no port is open for it"
        problems.append(conflicting("sshFrom", ",".join(sources), accepted=wants, fix=fix))
    if values.get("zone_id") and values.get("domain") == "":
        fix = f"set {full('domain')} tasks.example.com"
        problems.append(conflicting("domain", "", accepted="a name in the zone zoneId", fix=fix))
    return [*problems, *_wrong_architecture(values), *_xen(values)]


def _xen(values: Mapping[str, Any]) -> list[str]:
    kind = values.get("instance_type") or ""
    if not XEN.fullmatch(kind):
        return []
    wants = "a type on the Nitro system, whose disks have names to find them by"
    fix = f"set {full('instanceType')} t3.small"
    return [conflicting("instanceType", kind, accepted=wants, fix=fix)]


def bad_name(name: str, values: Mapping[str, Any]) -> list[str]:
    """The problem with a name that a part run by AWS cannot have."""
    managed = [f"{key} is {values[key]}" for key in ("database", "cache") if _by_aws(values, key)]
    if "--" not in name or not managed:
        return []
    wants = f"a name without --, as {managed[0]}"
    return [conflicting("name", name, accepted=wants, fix=f"set {full('name')} taskmanager")]


def _by_aws(values: Mapping[str, Any], key: str) -> bool:
    return values.get(key, ON_HOST[key]) != ON_HOST[key]


def _wrong_architecture(values: Mapping[str, Any]) -> list[str]:
    kind, architecture = values.get("instance_type"), values.get("architecture")
    if not kind or not architecture:
        return []
    needed = "arm64" if GRAVITON.fullmatch(kind) else "x86_64"
    if architecture == needed:
        return []
    wants = f"{needed}, which instanceType {kind} is"
    fix = f"set {full('architecture')} {needed}"
    return [conflicting("architecture", architecture, accepted=wants, fix=fix)]


def misplaced(given: Mapping[str, str], target: str) -> list[str]:
    """The problems of settings that only target `ec2` has a use for, on another `target`."""
    useless = [
        conflicting(key, given[key], accepted=f"nothing on target {target}", fix=f"rm {full(key)}")
        for key in USELESS_ELSEWHERE
        if given.get(key)
    ]
    managed = [
        conflicting(
            key, given[key], accepted=f"{own} on target {target}", fix=f"set {full(key)} {own}"
        )
        for key, own in ON_HOST.items()
        if given.get(key, own) != own
    ]
    return useless + managed


def bad_passwords(given: Mapping[str, str], values: Mapping[str, Any]) -> list[str]:
    """The problems with passwords that a part run by AWS needs."""
    return [
        f"{full(key)} must be a secret of 16 to 128 {words}, as {choice} is {value}. "
        f"Fix: openssl rand -hex 32 | pulumi config set --secret {full(key)}"
        for key, ((choice, value), pattern, words) in PASSWORDS.items()
        if values.get(choice) == value
        and not pattern.fullmatch(given.get(key, ""))
        # Too short for every stack, which is said already.
        and (key != "databasePassword" or len(given.get(key, "")) >= 16)
    ]
