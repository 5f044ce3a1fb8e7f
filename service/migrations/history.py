"""The history of a schema: its revisions, and those that break an earlier release.

The database keeps it, because an earlier image does not contain the later revisions: a rollback to
it is safe as long as each of them only added something.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from alembic.script import Script
from alembic.util import to_tuple
from sqlalchemy import Connection, text

CREATE = text("""
    CREATE TABLE IF NOT EXISTS schema_history (
        revision varchar(32) PRIMARY KEY,
        down_revision text,
        applied_at timestamptz NOT NULL DEFAULT now(),
        breaking text
    )
""")
# A record from before merges has no room for the names of two revisions.
NARROW = text("""
    SELECT character_maximum_length FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = 'schema_history'
    AND column_name = 'down_revision'
""")
WIDEN = text("ALTER TABLE schema_history ALTER COLUMN down_revision TYPE text")
ADD = text("""
    INSERT INTO schema_history (revision, down_revision, breaking)
    VALUES (:revision, :down_revision, :breaking) ON CONFLICT (revision) DO NOTHING
""")
READ = text("SELECT revision, down_revision, breaking FROM schema_history")
SEPARATOR = ","
"""Between the revisions that a merge follows."""


@dataclass(frozen=True)
class Ahead:
    """A schema that is later than the code: `revisions` are those that the code does not know.

    `refusals` say why the code cannot live with them; `known` are the newest that it does know.
    """

    revisions: list[str]
    refusals: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)


def parents(script: Script) -> tuple[str, ...]:
    """The revisions that `script` follows: none for the first one, several for a merge."""
    return to_tuple(script.down_revision, ())


def ancestors(scripts: Mapping[str, Script], revisions: Iterable[str]) -> set[str]:
    """The `revisions` and everything that they follow, at any distance; by name, of `scripts`."""
    reached: set[str] = set()
    waiting = list(revisions)
    while waiting:
        revision = waiting.pop()
        if revision not in reached:
            reached.add(revision)
            waiting += parents(scripts[revision])
    return reached


def unrecorded(connection: Connection, scripts: Iterable[Script]) -> list[Script]:
    """The revisions of `scripts` that the history does not contain."""
    connection.execute(CREATE)
    if connection.scalar(NARROW) is not None:
        connection.execute(WIDEN)
    known = {row.revision for row in connection.execute(READ)}
    return [script for script in scripts if script.revision not in known]


def keep(connection: Connection, scripts: Iterable[Script], reasons: Mapping[str, str]) -> None:
    """Records `scripts` as applied; `reasons` are those of `lint.reasons`."""
    for script in scripts:
        values: dict[str, Any] = {
            "revision": script.revision,
            "down_revision": SEPARATOR.join(parents(script)) or None,
            "breaking": reasons.get(script.revision),
        }
        connection.execute(ADD, values)


def ahead(connection: Connection, current: Iterable[str], known: Set[str]) -> Ahead | None:
    """How far the database, at the revisions `current`, is ahead of code that knows `known`."""
    waiting = sorted(set(current) - known)
    if not waiting:
        return None
    connection.execute(CREATE)
    rows = {row.revision: row for row in connection.execute(READ)}
    later = Ahead(list(waiting), known=set(current) & known)
    reached: set[str] = set()
    while waiting:
        revision = waiting.pop()
        if revision in known:
            later.known.add(revision)
        if revision in known or revision in reached:
            continue
        reached.add(revision)
        row = rows.get(revision)
        if row is None:
            later.refusals.append(f"{revision}: the history does not contain this revision")
            continue
        if row.breaking:
            later.refusals.append(f"{revision}: {row.breaking}")
        waiting += (row.down_revision or "").split(SEPARATOR) if row.down_revision else []
    return later
