"""The tables of docs/environment.md, from the code that reads and sets the variables."""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from app.settings import Settings
from bootstrap.paths import ROOT
from testkit.recorded.ec2 import CACHE_PASSWORD, deploy
from testkit.recorded.program import run

DOCUMENT = ROOT / "docs" / "environment.md"
COMPOSE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"
ENTRYPOINT = re.compile(r"\$\{(\w+):-(\d+)\}")
# Read by the database driver, as by every program of PostgreSQL.
DRIVER = {"PGPASSWORD": ("empty", "the password, where DATABASE_URL has none")}


def service() -> str:
    """Every variable of the service: its accepted values, its values in a stack and in compose."""
    deployed = _deployed()
    development = _development()
    rows = [
        [f"`{name}`", default, accepted, deployed.pop(name, ""), development.pop(name, "")]
        for name, (default, accepted) in variables().items()
    ]
    if unread := {*deployed, *development}:
        raise LookupError(f"nothing reads {', '.join(sorted(unread))}")
    return _table(["variable", "default", "accepted", "deployed", "`make dev`"], rows)


def variables() -> dict[str, tuple[str, str]]:
    """The default and the accepted values of everything that the service reads."""
    fields = {
        # Or Markdown takes it for a tag.
        name.upper(): (_default(field.default), str(field.description).replace("<", r"\<"))
        for name, field in sorted(Settings.model_fields.items())
    }
    entrypoint = (ROOT / "service" / "entrypoint.sh").read_text()
    return (
        fields
        | DRIVER
        | {name: (f"`{default}`", "a number") for name, default in ENTRYPOINT.findall(entrypoint)}
    )


def compose() -> str:
    """The variables of `.env` for compose, from the example file."""
    rows: list[list[str]] = []
    for paragraph in EXAMPLE.read_text().split("\n\n")[1:]:
        comment, line = paragraph.strip().splitlines()
        name, _, value = line.partition("=")
        rows.append([f"`{name}`", f"`{value}`", comment.removeprefix("# ")])
    return _table(["variable", "default", "meaning"], rows)


def _deployed() -> dict[str, str]:
    """The variables that the program sets in an api container; `NAME_FILE` is listed as NAME."""
    managed = {"storage": "s3", "cache": "elasticache", "cachePassword": CACHE_PASSWORD}
    here, there = run().api[0].envs, deploy("dev", managed).api[0].envs
    values = {name: f"`{value}` with `storage: s3`" for name, value in there.items()}
    values |= {
        name: f"`{value}`" + ("" if name in there else " with `storage: volume`")
        for name, value in here.items()
    }
    # Values that differ between stacks are described.
    values |= {
        "ENVIRONMENT": "the stack's name",
        "RELEASE": "the image's digest",
        "STOP_SECONDS": "`drainTimeout` + 5",
        "REFUSE_COMMON_PASSWORDS": "`true` with `domain`",
        "S3_BUCKET_NAME": "the bucket's name with `storage: s3`",
        "AWS_REGION": "`region` with `storage: s3`",
    }
    return {
        name.removesuffix("_FILE"): f"the file {value}" if name.endswith("_FILE") else value
        for name, value in values.items()
    }


def _development() -> dict[str, str]:
    """The variables that compose sets; those from `.env` are listed by their name there."""
    services = yaml.safe_load(COMPOSE.read_text())
    environment: Mapping[str, Any] = services["services"]["api"]["environment"]
    from_env = {name: re.findall(r"\$\{(\w+)", str(value)) for name, value in environment.items()}
    return {
        name: f"from `{from_env[name][0]}`" if from_env[name] else f"`{value}`"
        for name, value in environment.items()
    }


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return "empty" if value in (None, "") else f"`{value}`"


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [" | ".join(titles), " | ".join(["---"] * len(titles)), *map(" | ".join, rows)]
    return "".join(f"| {line} |\n" for line in lines)
