"""Show the changes that a deployment would make, and make none."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi.automation.events import EngineEvent

from cli import automation, changes, engine_inventory, operations, ssh_config
from cli.changes import Change
from cli.progress import Progress
from cli.stack import Stack

WORDS = {"create": "create", "update": "update", "replace": "replace", "delete": "remove"}
"""By Pulumi's word, ours."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The result of an operation that changes nothing.

    changes: a change for each resource.
    counts: how many resources would be created, updated and so on, by Pulumi's words.
    problem: the message, if it failed.
    """

    changes: list[Change] = field(default_factory=list[Change])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    problem: str = ""

    def lines(self) -> list[str]:
        """The changes, and last their sum or the problem."""
        shown = [line for change in self.changes for line in change.lines()]
        return [*shown, self.problem or f"  {self._sum()}"]

    def _sum(self) -> str:
        counted = [
            f"{self.counts[key]} to {word}" for key, word in WORDS.items() if self.counts.get(key)
        ]
        if same := self.counts.get("same"):
            counted.append(f"{same} unchanged")
        return ", ".join(counted) or "Nothing to do"


def main(name: str) -> int:
    """Print the changes that `up` would make on stack `name`; 1 if that cannot be said."""
    stack = Stack(name)
    ssh_config.prepare(stack)
    engine_inventory.announce(stack)
    preview = run(["preview", "--stack", name], changes.planned)
    if preview.problem:
        print("\n".join(preview.lines()), file=sys.stderr)
        return 1
    print("\n".join([f"{stack.make('up')} would change:", *preview.lines()]))
    return 0


def run(words: list[str], change_of: Callable[[EngineEvent], Change | None]) -> Preview:
    """Run an operation of Pulumi that changes nothing, and gather what its events tell."""
    progress = Progress(silent=True)
    found: list[Change] = []

    def show(event: EngineEvent) -> None:
        progress.show(event)
        if change := change_of(event):
            found.append(change)

    try:
        automation.operate(words, show)
    except automation.CommandFailedError as failure:
        problem = operations.report(progress, str(failure)).strip()
        return Preview(changes=found, counts=progress.changes, problem=problem)
    return Preview(changes=found, counts=progress.changes)
