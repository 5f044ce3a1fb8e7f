"""The stack's configuration: read once, checked in one pass, passed on as plain values.

Defaults and descriptions are in `Pulumi.yaml`; Pulumi's engine applies the defaults. Everything is
checked here, before the first resource exists. Pydantic costs each preview 0.1 s.
"""

import json
import os
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Literal

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from infra import (
    api_limits,
    app_environment,
    connections,
    ec2_conflicts,
    project,
    revisions,
    validators,
)
from infra.api_limits import ApiLimits
from infra.app_environment import AppEnvironment
from infra.ec2_config import Ec2Config
from infra.validators import between, described, full, matching, matching_or_empty

SERVICE = "service"
BY_DIGEST = r"([a-z0-9][a-z0-9._:/-]*@)?sha256:[0-9a-f]{64}"
SECRETS: Mapping[str, int] = {"databasePassword": 16, "secretKey": 32, "backupSecret": 32}
"""The fewest characters of each secret, by its key."""

Secret = pulumi.Output[str]


class StackConfig(ApiLimits):
    """Every setting of a stack, checked; those of ApiLimits too.

    target: where the stack runs.
    name: the prefix of everything on the host.
    replicas: the number of api containers.
    bind_address, port: where users reach the service on target `local`.
    repository: the name of the service's image, without a tag.
    source_url: the address of the source, in the image's labels; empty: none.
    image, postgres_image: images that were built before; empty: they are built.
    python_version: the Python in the service's image.
    builder: the builder of images.
    health_timeout: the longest start of a container, in seconds.
    migration_timeout: the longest migration, in seconds.
    backup_time: the time of the daily backup, HH:MM in UTC.
    backup_weeks: the age up to which backups are kept, in weeks.
    keep_releases: the number of releases whose images stay on the host.
    database_password, secret_key, backup_secret, cache_password: secrets.
    registry_token: from the stack or else from GITHUB_TOKEN; None where both have none.
    app: the app's own variables and secrets.
    ec2: the settings of target `ec2`; None on another target.
    """

    target: Literal["local", "ec2"]
    name: str = matching(
        "[a-z][a-z0-9-]{0,30}[a-z0-9]",
        "2 to 32 of a-z, 0-9 and -, starting with a letter",
        "taskmanager",
    )
    replicas: int = between(1, 16, example=2)
    bind_address: Annotated[str, validators.parsed(ip_address)] = described(
        "an IP address of this machine", "127.0.0.1"
    )
    port: int = between(1, 65535, example=8080)
    repository: str = matching(
        r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)+",
        "registry/owner/name without a tag",
        "ghcr.io/owner/task-manager-api",
    )
    source_url: str = matching_or_empty(
        r"https://[a-zA-Z0-9.-]+(/[A-Za-z0-9_.-]+)+",
        "nothing, or an address like https://github.com/owner/name",
    )
    image: str = matching_or_empty(
        BY_DIGEST,
        "nothing, name@sha256:<64 hex digits>, or on target local sha256:<64 hex digits>",
    )
    postgres_image: str = matching_or_empty(BY_DIGEST, "nothing, or name@sha256:<64 hex digits>")
    python_version: str = matching(r"3\.[0-9]{1,2}(\.[0-9]+)?", "a version like 3.12", "3.12")
    builder: Literal["auto", "buildkit", "classic"]
    health_timeout: int = between(5, 900, example=60)
    migration_timeout: int = between(5, 7200, example=300)
    backup_time: str = matching(
        "([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day like 02:30", "02:30"
    )
    backup_weeks: int = between(1, 52, example=4)
    keep_releases: int = between(2, 50, example=5)
    database_password: Annotated[Secret, validators.secret(SECRETS["databasePassword"])]
    secret_key: Annotated[Secret, validators.secret(SECRETS["secretKey"])]
    backup_secret: Annotated[Secret, validators.secret(SECRETS["backupSecret"])]
    cache_password: Annotated[Secret, validators.secret(0)]
    registry_token: Secret | None = None
    app: AppEnvironment = AppEnvironment()
    ec2: Ec2Config | None = None

    @classmethod
    def load(cls) -> "StackConfig":
        """Read the stack's configuration.

        Raises pulumi.RunError naming every bad key, its value, what is accepted and the fix.
        """
        values = {"cachePassword": "", **_values(pulumi.get_project())}
        ec2, ec2_problems = _ec2(values)
        token = values.get("registryToken") or os.environ.get("GITHUB_TOKEN")
        secret_token = pulumi.Output.secret(token) if token else None
        app, app_problems = app_environment.read(values)
        config, refused = validators.read(
            cls, {**values, "registryToken": secret_token, "ec2": ec2, "app": app}
        )
        problems = [
            *(_unknown(key) for key in sorted(set(values) - set(KNOWN))),
            *(_refused(key, values.get(key)) for key in refused),
            *ec2_problems,
            *app_problems,
            *_wrong_image(values),
        ]
        if config and config.ec2 and config.ec2.database == "rds":
            problems += connections.too_many(config.replicas, config.ec2.database_class)
        if config:
            problems += api_limits.conflicts(config)
        if config is None or problems:
            raise pulumi.RunError("\n".join(problems))
        if config.ec2:
            app.warn_of_defaults()
        return config


SETTINGS = tuple(
    key
    for key in StackConfig.by_key()
    if key not in ("app", "ec2", "cachePassword", "registryToken", *SECRETS)
)
KNOWN = (
    *SETTINGS,
    *Ec2Config.by_key(),
    *app_environment.KEYS,
    *SECRETS,
    "registryToken",
    "cachePassword",
)


def _ec2(values: Mapping[str, str]) -> tuple[Ec2Config | None, list[str]]:
    target = values.get("target")
    if target != "ec2":
        elsewhere = target in validators.choices(StackConfig.by_key()["target"])
        return None, ec2_conflicts.misplaced(values, str(target)) if elsewhere else []
    settings, refused = validators.read(Ec2Config, values)
    everything = {**dict.fromkeys(Ec2Config.by_key(), ""), **values}
    accepted = {key: value for key, value in everything.items() if key not in refused}
    return settings, [
        *validators.lines(Ec2Config, values, refused),
        *ec2_conflicts.between_settings(accepted),
        *ec2_conflicts.bad_name(accepted),
        *ec2_conflicts.bad_passwords(accepted),
    ]


def _wrong_image(values: Mapping[str, str]) -> list[str]:
    image = values.get("image", "")
    if values.get("target") == "ec2" and image.startswith("sha256:"):
        return [_refused("image", image)]
    return [] if image else revisions.branches(project.root() / SERVICE)


def _values(project: str) -> dict[str, str]:
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


def _refused(key: str, value: str | None) -> str:
    if key in SECRETS:
        fix = f"openssl rand -hex 32 | pulumi config set --secret {full(key)}"
        return f"{full(key)} must be a secret of at least {SECRETS[key]} characters. Fix: {fix}"
    return validators.refused(key, value, StackConfig.by_key()[key])
