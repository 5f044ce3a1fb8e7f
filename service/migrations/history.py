"""The history of a schema: its revisions, and those that break an earlier release.

The database keeps it, because an earlier image does not contain the later revisions: a rollback to
it is safe as long as each of them only added something.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from alembic.script import Script
from alembic.util import to_tuple
from migrations import identity
from sqlalchemy import Connection, text

CREATE = text("""
    CREATE TABLE IF NOT EXISTS schema_history (
        revision varchar(32) PRIMARY KEY,
        down_revision text,
        applied_at timestamptz NOT NULL DEFAULT now(),
        breaking text,
        fingerprint text
    )
""")
THERE = text("SELECT to_regclass('schema_history') IS NOT NULL")
COLUMNS = text("""
    SELECT column_name, character_maximum_length FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = 'schema_history'
""")
# A record from before merges has no room for the names of two revisions.
WIDEN = text("ALTER TABLE schema_history ALTER COLUMN down_revision TYPE text")
# One from before 2026-11-27 has no fingerprints.
ADD_FINGERPRINT = text("ALTER TABLE schema_history ADD COLUMN fingerprint text")
ADD = text("""
    INSERT INTO schema_history (revision, down_revision, breaking, fingerprint)
    VALUES (:revision, :down_revision, :breaking, :fingerprint)
    ON CONFLICT (revision) DO UPDATE
    SET fingerprint = coalesce(schema_history.fingerprint, excluded.fingerprint)
""")
READ = text("SELECT * FROM schema_history")
HELD = text("""
    SELECT CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname || '.' END || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND c.relname NOT IN ('alembic_version', 'schema_history')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
""")
# The role that serves gets the rights of new tables by default; here it only reads.
GRANTS = text("""
    SELECT format('REVOKE INSERT, UPDATE, DELETE ON %I FROM %I', table_name, grantee)
    FROM information_schema.role_table_grants
    WHERE table_schema = current_schema() AND table_name IN ('alembic_version', 'schema_history')
    AND grantee <> current_user AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE')
    GROUP BY table_name, grantee
""")
Row = Mapping[str, Any]
"""One record: what the columns of the table hold, by their names."""
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


def rows(connection: Connection) -> dict[str, Row]:
    """The records of the database by revision; none where it has no history."""
    if not connection.scalar(THERE):
        return {}
    return {str(row["revision"]): {**row} for row in connection.execute(READ).mappings()}


def held(connection: Connection) -> set[str]:
    """The names of the tables, indexes and the like in the database, but for the records of runs.

    Those of another schema than the current one bear its name.
    """
    return set(connection.scalars(HELD))


def unrecorded(
    connection: Connection, scripts: Iterable[Script], recorded: Mapping[str, Row]
) -> list[Script]:
    """The revisions of `scripts` that the history lacks, or has no fingerprint of.

    `recorded` are its `rows`. Makes the table, and brings one from before to its present form.
    """
    columns = {row.column_name: row.character_maximum_length for row in connection.execute(COLUMNS)}
    # Postgres refuses to create a table that is there to a role that may create none.
    if not columns:
        connection.execute(CREATE)
        return list(scripts)
    if columns["down_revision"] is not None:
        connection.execute(WIDEN)
    if "fingerprint" not in columns:
        connection.execute(ADD_FINGERPRINT)
    return [
        script for script in scripts if not recorded.get(script.revision, {}).get("fingerprint")
    ]


def keep(connection: Connection, scripts: Iterable[Script], reasons: Mapping[str, str]) -> None:
    """Records `scripts` as applied; `reasons` are those of `lint.reasons`."""
    for script in scripts:
        values: dict[str, Any] = {
            "revision": script.revision,
            "down_revision": SEPARATOR.join(parents(script)) or None,
            "breaking": reasons.get(script.revision),
            "fingerprint": identity.fingerprint(script),
        }
        connection.execute(ADD, values)


def protect(connection: Connection) -> None:
    """Leaves the records of migrations to the schema's owner."""
    for statement in list(connection.scalars(GRANTS)):
        connection.execute(text(statement))


def ahead(recorded: Mapping[str, Row], current: Iterable[str], known: Set[str]) -> Ahead | None:
    """How far the database, at the revisions `current`, is ahead of code that knows `known`.

    `recorded` are its `rows`.
    """
    waiting = sorted(set(current) - known)
    if not waiting:
        return None
    later = Ahead(list(waiting), known=set(current) & known)
    reached: set[str] = set()
    while waiting:
        revision = waiting.pop()
        if revision in known:
            later.known.add(revision)
        if revision in known or revision in reached:
            continue
        reached.add(revision)
        row = recorded.get(revision)
        if row is None:
            later.refusals.append(f"{revision}: the history does not contain this revision")
            continue
        if row["breaking"]:
            later.refusals.append(f"{revision}: {row['breaking']}")
        if row["down_revision"]:
            waiting += row["down_revision"].split(SEPARATOR)
    return later


def foreign(recorded: Mapping[str, Row], later: Ahead | None, known: Set[str]) -> list[str]:
    """A line where the schema that is ahead follows none of the revisions that the code knows."""
    if later is None or later.known or known & recorded.keys():
        return []
    return [f"the database is at {', '.join(later.revisions)}, which follows no revision of it"]
