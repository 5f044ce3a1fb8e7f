"""Checks the statements of a revision before any of them runs.

squawk finds statements that break the release that still serves, or lock a table for long. Those
are refused where the database holds what they change: a new table has no rows and no reader. A
revision that needs one gives the reason: `accepted = {"ban-drop-column": "unused since 0005"}`.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.script import Script
from migrations import statements

# Rules of timeouts and transactions, which env.py sets for every revision, and of taste alone.
LEFT_OUT = (
    "ban-uncommitted-transaction",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "require-lock-timeout",
    "require-statement-timeout",
    "transaction-nesting",
)
# Worth a look, but no statement of these locks a table for long or breaks a release.
NOTES = (
    "ban-char-field",
    "ban-create-domain-with-constraint",
    "identifier-too-long",
    "prefer-",
    "require-table-schema",
    "unused-ignore",
)
# The first words of rules whose findings break the code of an earlier release.
BREAKING = (
    "ban-drop-",
    "renaming-",
    "adding-required-field",
    "adding-not-nullable-field",
    "changing-column-type",
)
NOT_SQL = "not-plain-sql"


@dataclass(frozen=True)
class Finding:
    """One statement that squawk objects to.

    rule: the name under which the revision accepts it
    message: the danger
    line: the line of the revision's file, from 1
    targets: the tables and the like that the statement changes; None: it may change anything
    """

    rule: str
    message: str
    line: int
    targets: frozenset[str] | None = None

    @property
    def note(self) -> bool:
        """Whether it is a matter of taste, which no revision is refused for."""
        return self.rule.startswith(NOTES)

    def harms(self, held: Set[str]) -> bool:
        """Whether it can break or block a release, where the database holds `held`."""
        concerned = bool(held) if self.targets is None else bool(self.targets & held)
        return concerned and not self.note


@dataclass(frozen=True)
class Report:
    """Lines of a report: `refusals` keep the revisions from running, `notes` do not."""

    refusals: list[str]
    notes: list[str]


def report(pending: Iterable[Script], held: Set[str]) -> Report:
    """Every finding in the `pending` revisions that they give no reason for, in their order.

    `held` are the names of the tables, indexes and the like in the database.
    """
    names, refusals, notes = set(held), list[str](), list[str]()
    for script in pending:
        accepted = _accepted(script)
        for finding in findings(script):
            if accepted.get(finding.rule, "").strip():
                continue
            line = f"{_place(script)}:{finding.line}: {finding.message} [{finding.rule}]"
            if finding.harms(names):
                refusals.append(line)
            elif finding.note:
                notes.append(line)
        names |= _renamed(script, names)
    return Report(refusals, notes)


def breaking(script: Script) -> str | None:
    """The reasons of a revision that breaks earlier releases; None for any other."""
    accepted = _accepted(script)
    rules = sorted(
        {finding.rule for finding in findings(script) if finding.rule.startswith(BREAKING)}
    )
    return "; ".join(f"{rule}: {accepted.get(rule, 'no reason given')}" for rule in rules) or None


def reasons(scripts: Iterable[Script]) -> dict[str, str]:
    """The reasons by revision; revisions that only add are left out."""
    by_revision = {script.revision: breaking(script) for script in scripts}
    return {revision: reason for revision, reason in by_revision.items() if reason}


def findings(script: Script) -> list[Finding]:
    """squawk's findings in a revision."""
    try:
        parts = statements.read(script)
    except Exception as error:  # A revision is any code, and may raise any error.
        reason = " ".join(str(error).split()) or "no reason given"
        message = f"cannot be read before it runs: {type(error).__name__}: {reason}"
        return [Finding(NOT_SQL, message, statements.line_of_error(script, error))]
    sql = "".join(part.text for part in parts)
    return [_finding(script, parts, sql, problem) for problem in _squawk(sql)]


def _squawk(sql: str) -> list[dict[str, Any]]:
    squawk = shutil.which("squawk", path=str(Path(sys.executable).parent)) or "squawk"
    command = [squawk, "--reporter=json", "--pg-version=17", "--assume-in-transaction"]
    result = subprocess.run(  # noqa: S603 - the arguments are ours
        [*command, f"--exclude={','.join(LEFT_OUT)}"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(result.stdout)


def _finding(
    script: Script, parts: list[statements.Part], sql: str, problem: dict[str, Any]
) -> Finding:
    line = int(problem["line"])
    statement = statements.at(sql, line, problem["column"])
    targets = statements.targets(statement)
    return Finding(
        problem["rule_name"],
        " ".join(problem["message"].split()),
        statements.line_of(script, sql.splitlines()[line].strip().rstrip(";"), _call(parts, line)),
        None if targets is None else frozenset(targets),
    )


def _call(parts: list[statements.Part], line: int) -> int:
    """The line of the call that wrote a line of the statements."""
    for part in parts:
        line -= part.text.count("\n")
        if line < 0:
            return part.line
    return parts[-1].line


def _renamed(script: Script, names: Set[str]) -> set[str]:
    try:
        return statements.renamed("".join(part.text for part in statements.read(script)), names)
    except Exception:  # findings() tells of it.
        return set()


def _place(script: Script) -> str:
    path = Path(script.path)
    return str(Path(*path.parts[-3:]))


def _accepted(script: Script) -> dict[str, str]:
    return getattr(script.module, "accepted", {})
