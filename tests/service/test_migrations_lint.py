"""The revisions that are refused for what they say, before any of them runs."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from migrations import lint

from .conftest import SERVICE
from .later_release import ADDS, DROPS, HEAD, branch, read, release, upgrading

TASKS = {"tasks"}
NOT_SQL = "def upgrade():\n    op.get_bind().execute(None).fetchall()\n"
STATEMENTS = {
    "DROP TABLE tasks": "ban-drop-table",
    "ALTER TABLE tasks RENAME COLUMN title TO name": "renaming-column",
    "ALTER TABLE tasks RENAME TO jobs": "renaming-table",
    "ALTER TABLE tasks ADD COLUMN n integer NOT NULL": "adding-required-field",
    "ALTER TABLE tasks ALTER COLUMN title SET NOT NULL": "adding-not-nullable-field",
    "ALTER TABLE tasks ALTER COLUMN id TYPE bigint": "changing-column-type",
    "CREATE INDEX later ON tasks (title)": "require-concurrent-index-creation",
    "ALTER TABLE tasks ADD CHECK (id > 0)": "constraint-missing-not-valid",
    "ALTER TABLE tasks ADD COLUMN n float DEFAULT random()": "adding-field-with-default",
}


@pytest.mark.parametrize(
    ("body", "told"),
    [(upgrading(DROPS), "migrations/versions/9001_later.py:6: "), (upgrading(ADDS), "")],
    ids=["refused", "fine"],
)
def test_the_revisions_are_read_without_a_database(tmp_path: Path, body: str, told: str):
    done = read(release(tmp_path / "later", body), heads=[HEAD], relations=["tasks"])
    assert done.returncode == (5 if told else 0), done.stdout
    assert told in done.stdout


@pytest.mark.parametrize("heads", [["9001"], ["7777"], []], ids=["has run it", "ahead", "unknown"])
def test_only_revisions_that_the_database_has_not_run_are_refused(tmp_path: Path, heads: list[str]):
    done = read(release(tmp_path / "later", upgrading(DROPS)), heads=heads)
    assert done.returncode == 0, "the migration, which knows the database, decides"


def test_two_heads_are_found_without_a_database(tmp_path: Path):
    done = read(branch(tmp_path / "later", merged=False))
    assert done.returncode == 5
    assert "alembic merge -m merge 0b00 f00a" in done.stdout


@pytest.mark.parametrize(("statement", "rule"), STATEMENTS.items())
def test_statements_that_break_or_lock_are_refused(tmp_path: Path, statement: str, rule: str):
    report = lint.report([_newest(tmp_path, upgrading(statement))], TASKS)
    assert any(line.endswith(f"[{rule}]") for line in report.refusals), report


def test_an_index_made_concurrently_is_fine(tmp_path: Path):
    body = (
        "def upgrade():\n    with op.get_context().autocommit_block():\n"
        '        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS later ON tasks (title)")\n'
    )
    assert lint.report([_newest(tmp_path, body)], TASKS).refusals == []


def test_a_revision_that_needs_a_database_to_be_read_must_say_why(tmp_path: Path):
    body = "def upgrade():\n    op.get_bind().execute(None).fetchall()\n"
    [line] = lint.report([_newest(tmp_path, body)], TASKS).refusals
    assert "9001_later.py:5: cannot be read before it runs: AttributeError" in line
    assert "[not-plain-sql]" in line


def test_an_error_of_the_revision_itself_is_shown_as_it_is(tmp_path: Path):
    body = (
        "import sqlalchemy as sa\ndef upgrade():\n"
        '    op.create_table("orders", sa.Column("id", sa.Integer), sa.Column("total"))\n'
    )
    [line] = lint.report([_newest(tmp_path, body)], TASKS).refusals
    assert (
        "9001_later.py:6: cannot be read before it runs: CompileError: (in table 'orders'" in line
    )
    assert "column 'total'" in line


@pytest.mark.parametrize("body", [upgrading(sql) for sql in STATEMENTS] + [NOT_SQL])
def test_a_database_without_tables_refuses_nothing(tmp_path: Path, body: str):
    report = lint.report([_newest(tmp_path, body)], set())
    assert report.refusals == [], "no release serves from a table that does not exist"


def test_a_table_that_an_earlier_pending_revision_makes_may_be_locked(tmp_path: Path):
    folder = release(
        tmp_path / "later",
        upgrading("CREATE TABLE orders (id bigint)"),
        upgrading("CREATE INDEX by_id ON orders (id)"),
        upgrading("ALTER TABLE orders ADD COLUMN n bigint NOT NULL"),
    )
    assert lint.report(_later(folder, 3), TASKS).refusals == []
    [first, second] = lint.report(_later(folder, 3), {"orders", "tasks"}).refusals
    assert "9002_later.py:6: During normal index creation" in first
    assert "9003_later.py:6: " in second, "all of them are told at once"


def test_a_table_under_a_new_name_is_still_one_that_a_release_reads(tmp_path: Path):
    folder = release(
        tmp_path / "later",
        upgrading("ALTER TABLE tasks RENAME TO jobs", '{"renaming-table": "why"}'),
        upgrading("ALTER TABLE public.jobs DROP COLUMN title"),
    )
    assert len(lint.report(_later(folder, 2), TASKS).refusals) == 1


def test_taste_is_a_note_and_refuses_nothing(tmp_path: Path):
    report = lint.report([_newest(tmp_path, upgrading("CREATE TABLE n (at timestamp)"))], TASKS)
    assert report.refusals == []
    [note] = report.notes
    assert "9001_later.py:6: " in note
    assert "[prefer-timestamp-tz]" in note


def test_a_statement_is_found_at_its_own_line_of_the_file(tmp_path: Path):
    body = (
        'SQL = """\nCREATE TABLE orders (id bigint);\n\n-- Gone.\n'
        'ALTER TABLE tasks\n    DROP COLUMN title;\n"""\ndef upgrade():\n    op.execute(SQL)\n'
    )
    [line] = lint.report([_newest(tmp_path, body)], TASKS).refusals
    assert "9001_later.py:9: Dropping a column" in line


def test_no_revision_of_ours_is_refused():
    scripts = ScriptDirectory.from_config(Config(SERVICE / "alembic.ini")).walk_revisions()
    assert lint.report(scripts, {"users", "tasks", "activity_logs"}).refusals == []


def _later(folder: Path, count: int) -> list[Script]:
    """The later revisions of a release, in their order."""
    scripts = ScriptDirectory.from_config(Config(folder / "alembic.ini"))
    later = [scripts.get_revision(f"900{number}") for number in range(1, count + 1)]
    return [script for script in later if script is not None]


def _newest(folder: Path, body: str) -> Script:
    later = release(folder / "later", body)
    newest = ScriptDirectory.from_config(Config(later / "alembic.ini")).get_revision("9001")
    assert newest is not None
    return newest
