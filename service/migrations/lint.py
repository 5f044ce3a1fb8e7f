"""Reads what a revision would do to a database in use, before it does anything.

squawk knows which statements break the release that still serves, or lock a table for long. A
revision that needs one says why: `accepted = {"ban-drop-column": "nothing reads it since 0005"}`.
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

# Matters of taste, and what env.py does for every revision: timeouts and transactions.
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
BREAKING = ("ban-drop-", "renaming-", "adding-required-field", "adding-not-nullable-field")
BREAKING += ("changing-column-type",)
"""Beginnings of rules: what they find, code of an earlier release cannot live with."""
NOT_SQL = "not-plain-sql"


@dataclass(frozen=True)
class Finding:
    """One dangerous statement of a revision; `rule` is the name under which it is accepted."""

    rule: str
    what: str


def refused(script: Script) -> list[str]:
    """A line for everything dangerous in a revision that it does not give a reason for."""
    accepted = _accepted(script)
    return [
        f"{script.revision}: {finding.what} [{finding.rule}]"
        for finding in findings(script)
        if not accepted.get(finding.rule, "").strip()
    ]


def breaking(script: Script) -> str | None:
    """The reasons that a revision gives for breaking earlier releases, if it does."""
    accepted = _accepted(script)
    rules = sorted({each.rule for each in findings(script) if each.rule.startswith(BREAKING)})
    return "; ".join(f"{rule}: {accepted.get(rule, 'no reason given')}" for rule in rules) or None


def reasons(scripts: Iterable[Script]) -> dict[str, str]:
    """Why earlier releases break, by revision; those that only add are left out."""
    found = {script.revision: breaking(script) for script in scripts}
    return {revision: why for revision, why in found.items() if why}


def findings(script: Script) -> list[Finding]:
    """What squawk says of the statements of a revision."""
    try:
        statements = sql(script)
    except Exception as error:  # A revision is free code: whatever it raises, it cannot be read.
        what = f"its statements cannot be read without a database ({type(error).__name__})"
        return [Finding(NOT_SQL, what)]
    squawk = shutil.which("squawk", path=str(Path(sys.executable).parent)) or "squawk"
    command = [squawk, "--reporter=json", "--pg-version=17", "--assume-in-transaction"]
    done = subprocess.run(  # noqa: S603 - a list of our own making
        [*command, f"--exclude={','.join(LEFT_OUT)}"],
        input=statements,
        capture_output=True,
        text=True,
        check=False,
    )
    return [
        Finding(each["rule_name"], f"line {each['line'] + 1}: {each['message']}")
        for each in json.loads(done.stdout)
    ]


def sql(script: Script) -> str:
    """The statements of a revision; none of them runs."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        script.module.upgrade()
    return buffer.getvalue()


def _accepted(script: Script) -> dict[str, str]:
    return getattr(script.module, "accepted", {})
