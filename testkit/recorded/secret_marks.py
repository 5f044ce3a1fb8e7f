"""Tells the secret values of a recorded resource from the others."""

from dataclasses import dataclass
from typing import Any

from pulumi.runtime import rpc


@dataclass(frozen=True)
class Secret:
    """A value that the program marked as secret."""

    value: Any


def marks(value: Any) -> Any:
    """Plain data with each secret in a `Secret`; numbers that are whole become int."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return Secret(marks(value["value"]))
        return {key: marks(each) for key, each in value.items()}
    if isinstance(value, list):
        return [marks(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def clear(value: Any) -> Any:
    if isinstance(value, Secret):
        return clear(value.value)
    if isinstance(value, dict):
        return {key: clear(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clear(item) for item in value]
    return value


def unmarked(value: Any) -> str:
    """Everything in `value` that is not secret, as text to search in."""
    if isinstance(value, Secret):
        return ""
    if isinstance(value, dict):
        return " ".join(f"{key} {unmarked(item)}" for key, item in value.items())
    if isinstance(value, list):
        return " ".join(unmarked(item) for item in value)
    return str(value)
