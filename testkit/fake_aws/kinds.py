"""What the stand-in knows of a resource type: the calls that make it, and the provider's schema."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from testkit.fake_aws.account import Account, Inputs

SCHEMA = Path(__file__).with_name("schema.yaml")

Create = Callable[[Account, Inputs], tuple[str, dict[str, Any]]]
Delete = Callable[[Account, str, Inputs], None]
Update = Callable[[Account, str, Inputs], None]
Exists = Callable[[Account, str, Inputs], bool]
Replaces = Callable[[Inputs, Inputs], set[str]]


def nothing(_account: Account, _id: str, _state: Inputs) -> None:
    """What needs no call of its own: it goes with something else."""


def stays(_account: Account, _id: str, _state: Inputs) -> bool:
    """What nothing but this stack takes away in a rehearsal."""
    return True


def never(_olds: Inputs, _news: Inputs) -> set[str]:
    """No input replaces but those that the schema names."""
    return set()


def called(service: str, operation: str, key: str) -> Delete:
    """One call, with the id as the argument `key`."""

    def delete(account: Account, resource_id: str, _state: Inputs) -> None:
        getattr(account.client(service), operation)(**{key: resource_id})

    return delete


def put_again(create: Create) -> Update:
    """An update of what has one call for both, as everything whose call begins with Put has."""

    def update(account: Account, _id: str, new: Inputs) -> None:
        create(account, new)

    return update


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`create` returns the id and the values that AWS adds to the inputs; `delete` gets both.

    `exists` is asked by a refresh. The schema says which changed inputs replace the resource;
    `replaces` adds those that depend on other inputs. The input that is `autonamed` gets a value
    with a random end when the program gives none.
    """

    create: Create
    delete: Delete = nothing
    update: Update = nothing
    exists: Exists = stays
    replaces: Replaces = never
    autonamed: str = ""


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The inputs that are `required`, that replace, and that exclude each other."""

    source: str
    required: frozenset[str]
    replaces: frozenset[str]
    computed: frozenset[str] = frozenset()
    conflicts: tuple[frozenset[str], ...] = field(default=())

    def problem(self, inputs: Mapping[str, Any]) -> str:
        """What the provider's check refuses of `inputs`; nothing if it accepts them."""
        given = {key for key, value in inputs.items() if value is not None}
        if missing := sorted(self.required - given):
            return f"Missing required property {missing[0]!r}"
        for group in self.conflicts:
            if len(both := sorted(group & given)) > 1:
                return f"{both[0]!r} conflicts with {both[1]!r}"
        return ""


@cache
def schemas() -> dict[str, Schema]:
    """The content of the data file, by resource type."""
    return {
        token: Schema(
            source=entry["source"],
            required=frozenset(entry["required"]),
            replaces=frozenset(entry["replaces"]),
            computed=frozenset(entry.get("computed", [])),
            conflicts=tuple(frozenset(group) for group in entry.get("conflicts", [])),
        )
        for token, entry in yaml.safe_load(SCHEMA.read_text()).items()
    }
