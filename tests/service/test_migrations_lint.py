"""The revisions that are refused for what they say, before any of them runs."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from migrations import lint

from .conftest import SERVICE
from .later_release import ADDS, DROPS, branch, read, release, upgrading


@pytest.mark.parametrize(
    ("body", "told"),
    [(upgrading(DROPS), "9001 (9001_later.py)"), (upgrading(ADDS), "")],
    ids=["refused", "fine"],
)
def test_the_revisions_are_read_without_a_database(tmp_path: Path, body: str, told: str):
    done = read(release(tmp_path / "later", body))
    assert done.returncode == (5 if told else 0), done.stdout
    assert told in done.stdout


def test_two_heads_are_found_without_a_database(tmp_path: Path):
    done = read(branch(tmp_path / "later", merged=False))
    assert done.returncode == 5
    assert "alembic merge -m merge 0b00 f00a" in done.stdout


@pytest.mark.parametrize(
    ("statement", "rule"),
    {
        "DROP TABLE tasks": "ban-drop-table",
        "ALTER TABLE tasks RENAME COLUMN title TO name": "renaming-column",
        "ALTER TABLE tasks RENAME TO jobs": "renaming-table",
        "ALTER TABLE tasks ADD COLUMN n integer NOT NULL": "adding-required-field",
        "ALTER TABLE tasks ALTER COLUMN title SET NOT NULL": "adding-not-nullable-field",
        "ALTER TABLE tasks ALTER COLUMN id TYPE bigint": "changing-column-type",
        "CREATE INDEX later ON tasks (title)": "require-concurrent-index-creation",
        "ALTER TABLE tasks ADD CHECK (id > 0)": "constraint-missing-not-valid",
        "ALTER TABLE tasks ADD COLUMN n float DEFAULT random()": "adding-field-with-default",
    }.items(),
)
def test_statements_that_break_or_lock_are_found(tmp_path: Path, statement: str, rule: str):
    assert rule in {
        finding.rule for finding in lint.findings(_newest(tmp_path, upgrading(statement)))
    }


def test_an_index_made_concurrently_is_fine(tmp_path: Path):
    body = (
        "def upgrade():\n    with op.get_context().autocommit_block():\n"
        '        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS later ON tasks (title)")\n'
    )
    assert lint.refused(_newest(tmp_path, body)) == []


def test_a_revision_that_needs_a_database_to_be_read_must_say_why(tmp_path: Path):
    body = "def upgrade():\n    op.get_bind().execute(None).fetchall()\n"
    [line] = lint.refused(_newest(tmp_path, body))
    assert "[not-plain-sql]" in line


def test_no_revision_of_ours_is_refused():
    scripts = ScriptDirectory.from_config(Config(SERVICE / "alembic.ini")).walk_revisions()
    assert [line for script in scripts for line in lint.refused(script)] == []


def _newest(folder: Path, body: str) -> Script:
    later = release(folder / "later", body)
    newest = ScriptDirectory.from_config(Config(later / "alembic.ini")).get_revision("9001")
    assert newest is not None
    return newest
