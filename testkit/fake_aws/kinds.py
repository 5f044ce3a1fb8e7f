"""A resource type of the stand-in for AWS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testkit.fake_aws.account import Account, Inputs

Create = Callable[[Account, Inputs], tuple[str, dict[str, Any]]]
Delete = Callable[[Account, str, Inputs], None]
Update = Callable[[Account, str, Inputs], None]


def nothing(_account: Account, _id: str, _state: Inputs) -> None:
    """No call: the resource is removed or changed together with another one."""


def called(service: str, operation: str, key: str) -> Delete:
    """One call, with the id as the argument `key`."""

    def delete(account: Account, made: str, _state: Inputs) -> None:
        getattr(account.client(service), operation)(**{key: made})

    return delete


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`create` returns the id and the values that AWS adds to the inputs; `delete` gets both.

    A change of an input in `in_place` is an update, of any other a replacement. The input that is
    `autonamed` gets a value with a random end when the program gives none.
    """

    create: Create
    delete: Delete = nothing
    update: Update = nothing
    in_place: frozenset[str] = frozenset({"tags"})
    autonamed: str = ""
