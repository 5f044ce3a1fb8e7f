"""The output and the exit status of a command."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


class CommandFailed(AssertionError):
    """A command that had to succeed did not."""


@dataclass(frozen=True)
class Outcome:
    """`status`: the exit status. `text`: standard output and error, as one text."""

    status: int
    text: str

    def or_raise(self, words: Sequence[str]) -> "Outcome":
        """This outcome if it is a success.

        Raises CommandFailed with the output of the command.
        """
        if self.status != 0:
            raise CommandFailed(f"pulumi {' '.join(words)} exited {self.status}:\n{self.text}")
        return self

    @property
    def changes(self) -> dict[str, int]:
        """How many resources were created, updated, replaced, deleted, unchanged."""
        summary = self.text.rpartition("Resources:")[2]
        return {
            word: int(count)
            for count, word in re.findall(r"[+~-]*\s*(\d+) (\w+)", summary.partition("Duration")[0])
        }


def planned(text: str) -> dict[str, int]:
    """How many resources a preview's text says it would create, update, replace, delete."""
    summary = text.rpartition("Resources:")[2].partition("Duration")[0]
    return {word: int(count) for count, word in re.findall(r"(\d+) to ([a-z]+)", summary)}
