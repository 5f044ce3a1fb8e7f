"""The place of what containers write: a file on the host, or a store that outlives the host."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

ROTATION = {"max-size": "10m", "max-file": "3"}


@dataclass(frozen=True, kw_only=True)
class ContainerLogs:
    """How the containers of a host log.

    driver: Docker's log driver.
    options: its options.
    as_metrics: whether metrics are read from the lines; the state of the database is then a line.
    """

    driver: str = "json-file"
    options: Mapping[str, pulumi.Input[str]] = field(default_factory=lambda: dict(ROTATION))
    as_metrics: bool = False
