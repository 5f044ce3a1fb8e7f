"""Checks the statements of a revision before any of them runs.

squawk finds statements that break the release that still serves, or lock a table for long. A
revision that needs one gives the reason: `accepted = {"ban-drop-column": "unused since 0005"}`.
"""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script

# Rules of style, and of timeouts and transactions, which env.py sets for every revision.
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
    """One dangerous statement of a revision.

    rule: the name under which the revision accepts it
    message: the line of the statement, and its danger
    """

    rule: str
    message: str


def refused(script: Script) -> list[str]:
    """One line for each dangerous statement that the revision gives no reason for."""
    accepted = _accepted(script)
    return [
        f"{script.revision} ({Path(script.path).name}): {finding.message} [{finding.rule}]"
        for finding in findings(script)
        if not accepted.get(finding.rule, "").strip()
    ]


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
        statements = sql(script)
    except Exception as error:  # A revision is any code, and may raise any error.
        message = f"its statements cannot be read without a database ({type(error).__name__})"
        return [Finding(NOT_SQL, message)]
    squawk = shutil.which("squawk", path=str(Path(sys.executable).parent)) or "squawk"
    command = [squawk, "--reporter=json", "--pg-version=17", "--assume-in-transaction"]
    result = subprocess.run(  # noqa: S603 - the arguments are ours
        [*command, f"--exclude={','.join(LEFT_OUT)}"],
        input=statements,
        capture_output=True,
        text=True,
        check=False,
    )
    return [
        Finding(problem["rule_name"], f"line {problem['line'] + 1}: {problem['message']}")
        for problem in json.loads(result.stdout)
    ]


def sql(script: Script) -> str:
    """The statements of a revision, without running them."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        script.module.upgrade()
    return buffer.getvalue()


def _accepted(script: Script) -> dict[str, str]:
    return getattr(script.module, "accepted", {})
