"""Settings of target `ec2` that are fine alone, but not together or not on another target."""

import re
from collections.abc import Mapping

from infra.ec2_config import ON_HOST
from infra.validators import conflicting, full

GRAVITON = re.compile(r"([a-z]+\d+g[a-z0-9-]*|a1)\..+")
XEN = re.compile(r"(t1|t2|m[1-4]|c[1-4]|cc2|cr1|d2|f1|g2|g3s?|h1|hs1|i[23]|p[23]|r[34]|x1e?)\..+")
"""Types without the names by which a disk is found (/dev/disk/by-id/nvme-…)."""
USELESS_ELSEWHERE = (
    *("region", "domain", "zoneId", "alarmEmail", "ami"),
    *("sshFrom", "outboundPorts", "sshPublicKeys"),
)
"""Keys that are empty by default: set for another target, they are a mistake."""
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
"""Of each password: the choice that needs it, what AWS accepts there, and the same in words."""


def between_settings(accepted: Mapping[str, str]) -> list[str]:
    """The problems between settings, each of which is `accepted` alone."""
    access, networks = accepted.get("access"), accepted.get("sshFrom")
    problems: list[str] = []
    if access == "ssh" and networks is not None and not networks.strip(", \n"):
        wanted = "the networks to administer from, as access is ssh"
        fix = f"set {full('sshFrom')} 203.0.113.7/32"
        problems.append(conflicting("sshFrom", "", accepted=wanted, fix=fix))
    if access == "ssm" and networks:
        wanted = "nothing, as access is ssm and no port is open for it"
        fix = f"rm {full('sshFrom')}"
        problems.append(conflicting("sshFrom", networks, accepted=wanted, fix=fix))
    if accepted.get("zoneId") and accepted.get("domain") == "":
        fix = f"set {full('domain')} tasks.example.com"
        problems.append(conflicting("domain", "", accepted="a name in the zone zoneId", fix=fix))
    return [*problems, *_wrong_architecture(accepted), *_xen(accepted)]


def _wrong_architecture(accepted: Mapping[str, str]) -> list[str]:
    kind, architecture = accepted.get("instanceType"), accepted.get("architecture")
    if not kind or not architecture:
        return []
    needed = "arm64" if GRAVITON.fullmatch(kind) else "x86_64"
    if architecture == needed:
        return []
    wanted = f"{needed}, which instanceType {kind} is"
    fix = f"set {full('architecture')} {needed}"
    return [conflicting("architecture", architecture, accepted=wanted, fix=fix)]


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


def _xen(accepted: Mapping[str, str]) -> list[str]:
    kind = accepted.get("instanceType", "")
    if not XEN.fullmatch(kind):
        return []
    wanted = "a type on the Nitro system, whose disks have names to find them by"
    fix = f"set {full('instanceType')} t3.small"
    return [conflicting("instanceType", kind, accepted=wanted, fix=fix)]


def bad_name(accepted: Mapping[str, str]) -> list[str]:
    """The problem with a name that a backing service run by AWS cannot have."""
    name = accepted.get("name", "")
    managed = [
        f"{key} is {accepted[key]}"
        for key in ("database", "cache")
        if accepted.get(key, ON_HOST[key]) != ON_HOST[key]
    ]
    if "--" not in name or not managed:
        return []
    wanted = f"a name without --, as {managed[0]}"
    return [conflicting("name", name, accepted=wanted, fix=f"set {full('name')} taskmanager")]


def bad_passwords(accepted: Mapping[str, str]) -> list[str]:
    """The problems with passwords that a backing service run by AWS needs."""
    return [
        f"{full(key)} must be a secret of 16 to 128 {words}, as {choice} is {value}. "
        f"Fix: openssl rand -hex 32 | pulumi config set --secret {full(key)}"
        for key, ((choice, value), pattern, words) in PASSWORDS.items()
        if accepted.get(choice) == value
        and not pattern.fullmatch(accepted.get(key, ""))
        # One that is too short for every stack has a line already.
        and (key != "databasePassword" or len(accepted.get(key, "")) >= 16)
    ]
