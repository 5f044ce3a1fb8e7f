"""The app's variables and secrets in the file of a stack's settings."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from cli.errors import WrongArgumentError
from cli.stack import Stack
from infra import app_environment, project
from infra.app_environment import ENVIRONMENT, KEYS, SECRETS
from infra.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The app's part of a stack's settings.

    variables: the values, by name.
    secrets: the names of the secrets.
    """

    variables: dict[str, str] = field(default_factory=dict[str, str])
    secrets: list[str] = field(default_factory=list[str])

    @property
    def names(self) -> list[str]:
        """All names, in their order."""
        return sorted({*self.variables, *self.secrets})


def file(stack: Stack) -> Path:
    """The file of a stack's settings."""
    return project.root() / f"Pulumi.{stack.name}.yaml"


def read(stack: Stack) -> Stored:
    """The stored variables, and the names of the secrets."""
    settings = _object(yaml.safe_load(file(stack).read_text())) or {}
    config = _object(settings.get("config")) or {}
    variables, secrets = (_object(config.get(_key(key), {})) for key in KEYS)
    if variables is None or secrets is None:
        raise UserError(
            f"{file(stack).name}: environment and secrets are not objects. "
            f"Fix: pulumi config rm -s {stack.name} {_key(ENVIRONMENT)} (or {_key(SECRETS)})"
        )
    shown = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in variables.items()
    }
    return Stored(variables=shown, secrets=sorted(secrets))


def _object(value: object) -> dict[str, Any] | None:
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def values(stack: Stack, key: str) -> dict[str, str]:
    """The values of `environment` or of `secrets`, decrypted, by name."""
    everything = json.loads(stack.pulumi("config", "--json", "--show-secrets"))
    return json.loads(everything.get(_key(key), {}).get("value") or "{}")


def write(stack: Stack, texts: dict[str, str], *, secret: Sequence[str]) -> None:
    """Store `texts`, those named in `secret` encrypted; all of them or none."""
    before = read(stack)
    with _whole(stack):
        for name, text in texts.items():
            if name in (before.variables if name in secret else before.secrets):
                _remove(stack, ENVIRONMENT if name in secret else SECRETS, name)
            kind = ["--secret"] if name in secret else ["--type", "string"]
            place = f"{_key(SECRETS if name in secret else ENVIRONMENT)}.{name}"
            # By its input: a value on the command line is readable by every user of the machine.
            stack.pulumi("config", "set", "--raw", "--path", place, *kind, typed=text)


def remove(stack: Stack, names: Sequence[str]) -> None:
    """Remove the variables and secrets `names`; all of them or none."""
    before = read(stack)
    if unknown := [name for name in names if name not in before.names]:
        known = ", ".join(before.names) or "none"
        raise WrongArgumentError(
            f"Not set on stack {stack.name}: {', '.join(unknown)}. Set are: {known}."
        )
    with _whole(stack):
        for name in names:
            for key, stored in ((ENVIRONMENT, before.variables), (SECRETS, before.secrets)):
                if name in stored:
                    _remove(stack, key, name)


def refuse(texts: dict[str, str], *, secret: Sequence[str]) -> None:
    """Return where an app may set all of `texts`, those named in `secret` as secrets.

    Raises WrongArgumentError with each reason.
    """
    refusals = [
        f"{name} {reason}."
        for name, text in texts.items()
        if (reason := app_environment.refusal(name, text, secret=name in secret))
    ]
    if refusals:
        raise WrongArgumentError("\n".join(refusals) + " Nothing was changed.")


def _remove(stack: Stack, key: str, name: str) -> None:
    stack.pulumi("config", "rm", "--path", f"{_key(key)}.{name}")


@contextmanager
def _whole(stack: Stack) -> Generator[None]:
    """The block changes the file, or else leaves it as it was."""
    before = file(stack).read_bytes()
    try:
        yield
    except BaseException:
        file(stack).write_bytes(before)
        raise


def _key(key: str) -> str:
    return f"{project.declaration()['name']}:{key}"
