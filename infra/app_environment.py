"""The app's own variables and secrets, as the stack's configuration has them."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi

ENVIRONMENT, SECRETS = "environment", "secrets"
KEYS = (ENVIRONMENT, SECRETS)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FOLDER = "/run/secrets"
"""The folder of the secrets' files in a container."""
LONGEST_BYTES = 131_000
"""Linux takes 128 KiB for one variable, its name included (execve(2), MAX_ARG_STRLEN)."""

_BY_STACK = "it follows from the stack"
_BY_STORAGE = "it follows from the setting storage"
RESERVED: Mapping[str, str] = {
    "ENVIRONMENT": "it is the stack's name",
    "RELEASE": "it is the image's digest",
    "STOP_SECONDS": "it follows from the setting drainTimeout",
    "DATABASE_URL": _BY_STACK,
    "REDIS_URL": _BY_STACK,
    "SECRET_KEY": "it is the setting secretKey",
    "UPLOAD_DIR": _BY_STORAGE,
    "STORAGE_PROVIDER": _BY_STORAGE,
    "S3_BUCKET_NAME": _BY_STORAGE,
    "AWS_REGION": _BY_STORAGE,
}
"""The variables that the program sets, and where each has its value from."""


EXPECTED: Mapping[str, str] = {
    "CORS_ORIGINS": "browsers may call the service from a developer's machine only",
    "FRONTEND_URL": "links in mails lead to a developer's machine",
}
"""The variables that a stack in the cloud has to say, and what their absence means."""


@dataclass(frozen=True, kw_only=True)
class AppEnvironment:
    """The app's own part of the environment of its containers.

    variables: the values, by name.
    secrets: the secret values, by name; each reaches a container as a file.
    """

    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.variables or self.secrets)

    @property
    def in_container(self) -> dict[str, str]:
        """The variables of a container; of a secret `X`, `X_FILE` with the path of its file."""
        return {**self.variables, **{f"{name}_FILE": f"{FOLDER}/{name}" for name in self.secrets}}

    @property
    def files(self) -> dict[str, pulumi.Output[str]]:
        """The secrets, by the path of their file."""
        return {f"{FOLDER}/{name}": value for name, value in self.secrets.items()}

    def fingerprints(self, key: pulumi.Output[str]) -> dict[str, pulumi.Output[str]]:
        """For each secret a text that changes with it, and tells nothing without `key`."""
        return {
            name: pulumi.Output.unsecret(
                pulumi.Output.all(key, name, value).apply(lambda known: _fingerprint(*known))
            )
            for name, value in self.secrets.items()
        }

    def warn_of_defaults(self) -> None:
        """Warn, in one line, of each expected variable that is not set; empty is left out."""
        missing = [name for name in EXPECTED if name not in {*self.variables, *self.secrets}]
        if missing:
            meaning = ", and ".join(EXPECTED[name] for name in missing)
            pulumi.log.warn(
                f"{' and '.join(missing)} not set: {meaning}. Fix: taskmanager env set "
                f"-s {pulumi.get_stack()} {missing[0]}=… (empty: left out on purpose)"
            )


def _fingerprint(key: str, name: str, value: str) -> str:
    digest = hmac.new(key.encode(), f"{name}={value}".encode(), hashlib.sha256)
    return f"secret {digest.hexdigest()[:12]}"


def read(values: Mapping[str, str]) -> tuple[AppEnvironment, list[str]]:
    """The app's environment, and a line for each problem; no line has a value of a secret."""
    variables, problems = _texts(values, ENVIRONMENT)
    secrets, secret_problems = _texts(values, SECRETS)
    twice = sorted(set(secrets) & set(variables))
    return (
        AppEnvironment(
            variables=variables,
            secrets={name: pulumi.Output.secret(value) for name, value in secrets.items()},
        ),
        [
            *problems,
            *secret_problems,
            *(
                _line(SECRETS, name, f"is in {_key(ENVIRONMENT)} too; accepted: one of the two")
                for name in twice
            ),
            *_files_set_by_hand(variables, secrets),
        ],
    )


def _texts(values: Mapping[str, str], key: str) -> tuple[dict[str, str], list[str]]:
    try:
        given: Any = json.loads(values.get(key) or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        return {}, [
            f"{_key(key)} is no object; accepted: values by name. "
            f"Fix: pulumi config rm {_key(key)}, then: taskmanager env set NAME=VALUE"
        ]
    texts = {name: _text(value) for name, value in cast(dict[str, Any], given).items()}
    problems = [
        _line(key, name, reason)
        for name, text in texts.items()
        if (reason := refusal(name, text, secret=key == SECRETS))
    ]
    return {name: text for name, text in texts.items() if text is not None}, problems


def _text(value: Any) -> str | None:
    """The text of a value; Pulumi makes numbers and truth values of such as are typed by hand."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int) else None


def refusal(name: str, value: str | None, *, secret: bool) -> str | None:
    """Why an app may not set `name` to `value`; None if it may."""
    if not NAME.fullmatch(name):
        return "is no name of a variable; accepted: letters, digits and _, no digit first"
    plain = name.removesuffix("_FILE")
    if reason := RESERVED.get(name) or RESERVED.get(plain):
        return f"is set by the program: {reason}; accepted: any other name"
    if value is None:
        return "has a list, an object or nothing as its value; accepted: a text"
    if secret and not value:
        # The provider makes no empty file (pulumi-docker 5.2.0: "error with upload content").
        return "is an empty secret; accepted: a text, or an empty variable that is no secret"
    if "\0" in value:
        return "has a NUL character in its value; accepted: any other character"
    if len(name.encode()) + len(value.encode()) > LONGEST_BYTES:
        return f"is longer than Linux takes; accepted: {LONGEST_BYTES} bytes"
    return None


def _files_set_by_hand(variables: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(secrets):
        if f"{name}_FILE" in {*variables, *secrets}:
            reason = f"is set by the program: the file of the secret {name}"
            yield _line(ENVIRONMENT, f"{name}_FILE", f"{reason}; accepted: any other name")


def _line(key: str, name: str, reason: str) -> str:
    return (
        f"{_key(key)}: {name} {reason}. Fix: taskmanager env unset -s {pulumi.get_stack()} {name}"
    )


def _key(key: str) -> str:
    return f"{pulumi.get_project()}:{key}"
