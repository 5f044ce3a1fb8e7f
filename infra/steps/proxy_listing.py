"""The table of `kamal-proxy list`, which is printed for a terminal only."""

import re
from dataclasses import dataclass

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
COMMAND = ("kamal-proxy", "list")
NO_RELEASE = "no-release"
"""The target of the page before the first release: a name of no container."""


@dataclass(frozen=True)
class Service:
    """A service of the proxy.

    state: the proxy's own word: running, paused or stopped.
    targets: the containers that it sends requests to, or NO_RELEASE alone.
    """

    state: str
    targets: list[str]


def services(table: str) -> dict[str, Service]:
    """The services in the output of COMMAND, by name."""
    head, *lines = [line.split() for line in COLOUR.sub("", table).splitlines()] or [[]]
    rows = [dict(zip(head, line, strict=False)) for line in lines if line]
    return {
        row["Service"]: Service(
            row["State"], [target.rpartition(":")[0] for target in row["Target"].split(",")]
        )
        for row in rows
    }
