"""What a database has been through: its revisions, and those that an earlier release breaks on.

Kept in the database itself, because an earlier image does not know the later revisions: going back
to it is safe as long as each of them only added something.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alembic.script import Script
from sqlalchemy import Connection, text

CREATE = text("""
    CREATE TABLE IF NOT EXISTS schema_history (
        revision varchar(32) PRIMARY KEY,
        down_revision varchar(32),
        applied_at timestamptz NOT NULL DEFAULT now(),
        breaking text
    )
""")
ADD = text("""
    INSERT INTO schema_history (revision, down_revision, breaking)
    VALUES (:revision, :down_revision, :breaking) ON CONFLICT (revision) DO NOTHING
""")
READ = text("SELECT revision, down_revision, breaking FROM schema_history")


@dataclass(frozen=True)
class Ahead:
    """A schema that is later than the code. `refusals` say why the code cannot live with it."""

    revision: str
    refusals: list[str]


def unrecorded(connection: Connection, scripts: Iterable[Script]) -> list[Script]:
    """Those of `scripts` that the database does not remember."""
    connection.execute(CREATE)
    known = {row.revision for row in connection.execute(READ)}
    return [script for script in scripts if script.revision not in known]


def keep(connection: Connection, scripts: Iterable[Script], reasons: Mapping[str, str]) -> None:
    """Remember `scripts` as applied; `reasons` names, by revision, what earlier code breaks on."""
    for script in scripts:
        values: dict[str, Any] = {
            "revision": script.revision,
            "down_revision": script.down_revision,
            "breaking": reasons.get(script.revision),
        }
        connection.execute(ADD, values)


def ahead(connection: Connection, current: str | None, known: set[str]) -> Ahead | None:
    """How far the database, at revision `current`, is ahead of code that knows `known`."""
    if current is None or current in known:
        return None
    connection.execute(CREATE)
    rows = {row.revision: row for row in connection.execute(READ)}
    refusals: list[str] = []
    revision: str | None = current
    while revision is not None and revision not in known:
        row = rows.pop(revision, None)
        if row is None:
            refusals.append(f"{revision}: nothing is recorded of this revision")
            break
        if row.breaking:
            refusals.append(f"{revision}: {row.breaking}")
        revision = row.down_revision
    return Ahead(current, refusals)
