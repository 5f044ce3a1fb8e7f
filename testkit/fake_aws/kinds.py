"""A resource type as the stand-in knows it: the calls that make it, and the provider's schema."""

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
    """No call: the resource goes with another one, or a change concerns the provider alone."""


def stays(_account: Account, _id: str, _state: Inputs) -> bool:
    """Types that nothing but this stack removes in a rehearsal."""
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
    `replaces` adds those that depend on the values. Without an `update`, a change of anything but
    tags is refused: no change is reported that was not carried out. The input that is `autonamed`
    gets a value with a random end when the program gives none.
    """

    create: Create
    delete: Delete = nothing
    update: Update | None = None
    exists: Exists = stays
    replaces: Replaces = never
    autonamed: str = ""


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The provider's schema of a type.

    source: the provider's file, below internal/service/.
    required: inputs without which the provider's check fails.
    replaces: inputs of which each change replaces the resource.
    partly: inputs of which only a part does.
    sometimes: inputs of which code decides by the values.
    computed: outputs that the program uses.
    conflicts: groups of inputs of which at most one may be given.
    """

    source: str
    required: frozenset[str]
    replaces: frozenset[str]
    partly: frozenset[str] = frozenset()
    sometimes: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    conflicts: tuple[frozenset[str], ...] = field(default=())

    def problem(self, inputs: Mapping[str, Any]) -> str:
        """The message of the provider's check for `inputs`; nothing if it accepts them."""
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
            partly=frozenset(entry.get("partly", [])),
            sometimes=frozenset(entry.get("sometimes", [])),
            computed=frozenset(entry.get("computed", [])),
            conflicts=tuple(frozenset(group) for group in entry.get("conflicts", [])),
        )
        for token, entry in yaml.safe_load(SCHEMA.read_text()).items()
    }
