"""The stack's configuration: read once, checked in one pass, passed on as plain values.

Types, defaults and descriptions are in `Pulumi.yaml`; the engine applies the defaults. What is
accepted beyond the type is decided here, before the first resource exists.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from infra import ec2_config, project, revisions
from infra.ec2_config import Ec2Config
from infra.validators import Rule, between, full, matching, one_of, read, snake
from infra.validators import refused as not_accepted

IMAGE_BY_DIGEST = re.compile(r"([a-z0-9][a-z0-9._:/-]*@)?sha256:[0-9a-f]{64}")
REPOSITORY = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9][a-z0-9._-]*)+")
SOURCE = re.compile(r"https://[a-zA-Z0-9.-]+(/[\w.-]+)+")
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
SERVICE = "service"
TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _address(text: str) -> str:
    return str(ip_address(text))


RULES: Mapping[str, Rule] = {
    "target": one_of("local", "ec2"),
    "name": matching(NAME, "2 to 32 of a-z, 0-9 and -, starting with a letter", "taskmanager"),
    "replicas": between(1, 16, 2),
    "bindAddress": Rule("an IP address of this machine", _address, "127.0.0.1"),
    "port": between(1, 65535, 8080),
    "repository": matching(
        REPOSITORY, "registry/owner/name without a tag", "ghcr.io/owner/task-manager-api"
    ),
    "sourceUrl": matching(
        SOURCE, "nothing, or an address like https://github.com/owner/name", '""', empty=True
    ),
    "image": matching(
        IMAGE_BY_DIGEST,
        "nothing, name@sha256:<64 hex digits>, or on target local sha256:<64 hex digits>",
        '""',
        empty=True,
    ),
    "postgresImage": matching(
        IMAGE_BY_DIGEST, "nothing, or name@sha256:<64 hex digits>", '""', empty=True
    ),
    "pythonVersion": matching(re.compile(r"3\.\d{1,2}(\.\d+)?"), "a version like 3.12", "3.12"),
    "builder": one_of("auto", "buildkit", "classic"),
    "healthTimeout": between(5, 900, 60),
    "migrationTimeout": between(5, 7200, 300),
    "drainTimeout": between(1, 600, 30),
    "backupTime": matching(TIME_OF_DAY, "a time of day like 02:30", "02:30"),
    "backupWeeks": between(1, 52, 4),
    "keepReleases": between(2, 50, 5),
}
SECRETS: Mapping[str, int] = {"databasePassword": 16, "secretKey": 32, "backupSecret": 32}
"""Secret keys and the fewest characters each may have."""
OPTIONAL_SECRETS = ("registryToken", "cachePassword")
KNOWN = (*RULES, *ec2_config.RULES, *SECRETS, *OPTIONAL_SECRETS)


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Every setting of a stack, checked. Times are in seconds.

    `ec2` is there for target `ec2` only. `registry_token` comes from the stack or, where that has
    none, from GITHUB_TOKEN.
    """

    target: str
    name: str
    replicas: int
    bind_address: str
    port: int
    repository: str
    source_url: str
    image: str
    postgres_image: str
    python_version: str
    builder: str
    health_timeout: int
    migration_timeout: int
    drain_timeout: int
    backup_time: str
    backup_weeks: int
    keep_releases: int
    database_password: pulumi.Output[str]
    secret_key: pulumi.Output[str]
    cache_password: pulumi.Output[str]
    backup_secret: pulumi.Output[str]
    registry_token: pulumi.Output[str] | None
    ec2: Ec2Config | None

    @classmethod
    def load(cls) -> "StackConfig":
        """Read the stack's configuration.

        Raises pulumi.RunError naming every bad key, its value, what is accepted and the fix.
        """
        given = _given(pulumi.get_project())
        problems = [_unknown(key) for key in sorted(set(given) - set(KNOWN))]
        values, refused = read(given, RULES)
        problems += refused
        for key, shortest in SECRETS.items():
            if len(given.get(key, "")) < shortest:
                problems.append(_bad_secret(key, shortest))
            values[snake(key)] = pulumi.Output.secret(given.get(key, ""))
        settings, refused = _cloud(given, values.get("target", ""))
        problems += refused
        if values.get("target") == "ec2" and values.get("image", "").startswith("sha256:"):
            problems.append(not_accepted("image", values["image"], RULES["image"]))
        if not values.get("image"):
            problems += revisions.branches(project.root() / SERVICE)
        if problems:
            raise pulumi.RunError("\n".join(problems))
        token = given.get("registryToken") or os.environ.get("GITHUB_TOKEN")
        return cls(
            **values,
            cache_password=pulumi.Output.secret(given.get("cachePassword", "")),
            registry_token=pulumi.Output.secret(token) if token else None,
            ec2=Ec2Config(**settings) if settings else None,
        )


def _cloud(given: Mapping[str, str], target: str) -> tuple[dict[str, Any], list[str]]:
    if target != "ec2":
        return {}, ec2_config.misplaced(given, target) if target else []
    settings, refused = read(given, ec2_config.RULES)
    refused += ec2_config.conflicts(settings)
    refused += ec2_config.bad_name(given.get("name", ""), settings)
    return settings, refused + ec2_config.bad_passwords(given, settings)


def _given(project: str) -> dict[str, str]:
    everything = {**get_config_env(), **CONFIG.get()}
    prefix = f"{project}:"
    return {
        key.removeprefix(prefix): value if isinstance(value, str) else json.dumps(value)
        for key, value in everything.items()
        if key.startswith(prefix)
    }


def _unknown(key: str) -> str:
    return (
        f"{full(key)} is not a setting; accepted: {', '.join(KNOWN)}. "
        f"Fix: pulumi config rm {full(key)}"
    )


def _bad_secret(key: str, shortest: int) -> str:
    fix = f"openssl rand -hex 32 | pulumi config set --secret {full(key)}"
    return f"{full(key)} must be a secret of at least {shortest} characters. Fix: {fix}"
