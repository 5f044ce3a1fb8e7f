"""The stack's configuration: read once, checked in one pass, passed on as plain values.

Types, defaults and descriptions are in `Pulumi.yaml`; the engine applies the defaults. What is
accepted beyond the type is decided here, before the first resource exists.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

IMAGE_BY_DIGEST = re.compile(r"[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}")
REPOSITORY = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9][a-z0-9._-]*)+")
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")


@dataclass(frozen=True)
class Rule:
    """What one key accepts: in words, as a parser that raises ValueError, and an example."""

    accepts: str
    parse: Callable[[str], Any]
    example: str


def one_of(*values: str) -> Rule:
    """A rule that accepts exactly `values`."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(text)
        return text

    return Rule(" or ".join(values), parse, values[0])


def between(low: int, high: int, example: int) -> Rule:
    """A rule that accepts whole numbers from `low` to `high`, both included."""

    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return Rule(f"a whole number from {low} to {high}", parse, str(example))


def matching(pattern: re.Pattern[str], words: str, example: str, *, empty: bool = False) -> Rule:
    """A rule that accepts text matching `pattern` whole, and nothing at all where `empty`."""

    def parse(text: str) -> str:
        if not (pattern.fullmatch(text) or (empty and text == "")):
            raise ValueError(text)
        return text

    return Rule(words, parse, example)


def _address(text: str) -> str:
    return str(ip_address(text))


RULES: Mapping[str, Rule] = {
    "target": one_of("local"),
    "name": matching(NAME, "2 to 32 of a-z, 0-9 and -, starting with a letter", "taskmanager"),
    "replicas": between(1, 16, 2),
    "bindAddress": Rule("an IP address of this machine", _address, "127.0.0.1"),
    "port": between(1, 65535, 8080),
    "repository": matching(
        REPOSITORY, "registry/owner/name without a tag", "ghcr.io/owner/task-manager-api"
    ),
    "image": matching(IMAGE_BY_DIGEST, "nothing, or name@sha256:<64 hex digits>", '""', empty=True),
    "pythonVersion": matching(re.compile(r"3\.\d{1,2}(\.\d+)?"), "a version like 3.12", "3.12"),
    "builder": one_of("auto", "buildkit", "classic"),
    "healthTimeout": between(5, 900, 60),
    "migrationTimeout": between(5, 7200, 300),
    "drainTimeout": between(1, 600, 30),
}
SECRETS: Mapping[str, int] = {"databasePassword": 16, "secretKey": 32}
"""Secret keys and the fewest characters each may have."""


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Every setting of a stack, checked. Times are in seconds."""

    target: str
    name: str
    replicas: int
    bind_address: str
    port: int
    repository: str
    image: str
    python_version: str
    builder: str
    health_timeout: int
    migration_timeout: int
    drain_timeout: int
    database_password: pulumi.Output[str]
    secret_key: pulumi.Output[str]

    @classmethod
    def load(cls) -> "StackConfig":
        """Read the stack's configuration.

        Raises pulumi.RunError naming every bad key, its value, what is accepted and the fix.
        """
        given = _given(pulumi.get_project())
        problems = [_unknown(key) for key in sorted(set(given) - set(RULES) - set(SECRETS))]
        values: dict[str, Any] = {}
        for key, rule in RULES.items():
            try:
                values[_snake(key)] = rule.parse(given.get(key, ""))
            except ValueError:
                problems.append(_refused(key, given.get(key), rule))
        for key, shortest in SECRETS.items():
            if len(given.get(key, "")) < shortest:
                problems.append(_bad_secret(key, shortest))
            values[_snake(key)] = pulumi.Output.secret(given.get(key, ""))
        if problems:
            raise pulumi.RunError("\n".join(problems))
        return cls(**values)


def _given(project: str) -> dict[str, str]:
    everything = {**get_config_env(), **CONFIG.get()}
    prefix = f"{project}:"
    return {
        key.removeprefix(prefix): value if isinstance(value, str) else json.dumps(value)
        for key, value in everything.items()
        if key.startswith(prefix)
    }


def _full(key: str) -> str:
    return f"{pulumi.get_project()}:{key}"


def _unknown(key: str) -> str:
    known = ", ".join([*RULES, *SECRETS])
    return f"{_full(key)} is not a setting; accepted: {known}. Fix: pulumi config rm {_full(key)}"


def _refused(key: str, value: str | None, rule: Rule) -> str:
    was = "is not set" if value is None else f"is {json.dumps(value)}"
    fix = f"pulumi config set {_full(key)} {rule.example}"
    return f"{_full(key)} {was}; accepted: {rule.accepts}. Fix: {fix}"


def _bad_secret(key: str, shortest: int) -> str:
    fix = f"openssl rand -hex 32 | pulumi config set --secret {_full(key)}"
    return f"{_full(key)} must be a secret of at least {shortest} characters. Fix: {fix}"


def _snake(key: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found.group(1).lower(), key)
