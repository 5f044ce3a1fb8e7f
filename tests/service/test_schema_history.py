"""The schemas that an earlier release accepts, and the revisions that are refused."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from migrations import lint

from app.persistence.revisions import own_revisions

from .conftest import SERVICE

HEAD = own_revisions()[-1]
ADDS = "ALTER TABLE tasks ADD COLUMN colour varchar(20)"
DROPS = "ALTER TABLE tasks DROP COLUMN title"


def release(folder: Path, *revisions: str) -> Path:
    """The migrations of a later release: these on top of the present ones."""
    if not folder.exists():
        ignore = shutil.ignore_patterns("__pycache__")
        for part in ("app", "migrations"):
            shutil.copytree(SERVICE / part, folder / part, ignore=ignore)
        shutil.copy(SERVICE / "alembic.ini", folder)
    before = HEAD
    for number, body in enumerate(revisions, start=1):
        path = folder / "migrations" / "versions" / f"900{number}_later.py"
        path.write_text(
            f'from alembic import op\nrevision = "900{number}"\ndown_revision = "{before}"\n{body}'
        )
        before = f"900{number}"
    return folder


def branch(folder: Path, *, merged: bool = True) -> Path:
    """A later release of two people: f00a and 0b00 both follow the present head."""
    for name in ("f00a", "0b00"):
        body = upgrading(f"ALTER TABLE tasks ADD COLUMN c{name} integer")
        revision_file(release(folder), name, f'"{HEAD}"', body)
    if merged:
        revision_file(folder, "aaaa", '("f00a", "0b00")', "def upgrade():\n    pass\n")
    return folder


def revision_file(folder: Path, name: str, follows: str, body: str) -> None:
    """Written as Alembic's own template writes it, under a name that begins with a hexadecimal."""
    (folder / "migrations" / "versions" / f"{name}_later.py").write_text(
        f'from alembic import op\nrevision = "{name}"\ndown_revision = {follows}\n{body}'
    )


def upgrading(statement: str, accepted: str = "{}") -> str:
    return f'accepted = {accepted}\ndef upgrade():\n    op.execute("{statement}")\n'


def upgrade(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


async def history(url: str) -> dict[str, str | None]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT revision, breaking FROM schema_history")
        return {row["revision"]: row["breaking"] for row in rows}
    finally:
        await connection.close()


async def test_an_earlier_release_lives_with_a_schema_that_was_only_added_to(
    empty: str, tmp_path: Path
):
    later = release(tmp_path / "later", upgrading(ADDS))
    assert upgrade(later, empty).returncode == 0
    back = upgrade(SERVICE, empty)
    assert back.returncode == 0, back.stdout
    assert "ahead, at 9001" in back.stdout


async def test_an_earlier_release_is_refused_by_a_schema_it_cannot_serve(
    empty: str, tmp_path: Path
):
    accepted = '{"ban-drop-column": "nothing reads it"}'
    later = release(tmp_path / "later", upgrading(DROPS, accepted), upgrading(ADDS))
    assert upgrade(later, empty).returncode == 0
    back = upgrade(SERVICE, empty)
    assert back.returncode == 4
    assert "9001: ban-drop-column: nothing reads it" in back.stdout, "the reason is told"
    assert "9002" not in back.stdout.rpartition("after its own:")[2], (
        "the harmless one is not blamed"
    )


async def test_an_unrecorded_revision_refuses_an_earlier_release(empty: str):
    assert upgrade(SERVICE, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()
    back = upgrade(SERVICE, empty)
    assert back.returncode == 4
    assert "9999: the history does not contain" in back.stdout


async def test_a_database_from_before_the_record_gets_one(empty: str):
    assert upgrade(SERVICE, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    await connection.execute("DROP TABLE schema_history")
    await connection.close()
    assert upgrade(SERVICE, empty).returncode == 0
    assert await history(empty) == dict.fromkeys(own_revisions())


async def heads(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version ORDER BY 1")
        return [row["version_num"] for row in rows]
    finally:
        await connection.close()


async def test_two_heads_are_refused_before_anything_runs(empty: str, tmp_path: Path):
    refused = upgrade(branch(tmp_path / "later", merged=False), empty)
    assert refused.returncode == 5
    assert "2 heads: 0b00, f00a" in refused.stdout
    assert "alembic merge -m merge 0b00 f00a" in refused.stdout, "the command that mends it"
    connection = await asyncpg.connect(empty)
    assert not await connection.fetchval("SELECT to_regclass('alembic_version')")
    await connection.close()


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


def read(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migrations.check"]
    return subprocess.run(
        command, cwd=folder, env={}, stdout=subprocess.PIPE, text=True, check=False
    )


async def test_the_merge_that_alembic_advises_is_released(empty: str, tmp_path: Path):
    later = branch(tmp_path / "later")
    for _ in range(2):
        done = upgrade(later, empty)
        assert done.returncode == 0, done.stdout
    assert await heads(empty) == ["aaaa"]
    assert {"f00a", "0b00", "aaaa"} <= set(await history(empty))


async def test_an_earlier_release_lives_with_a_merge_that_only_added(empty: str, tmp_path: Path):
    assert upgrade(branch(tmp_path / "later"), empty).returncode == 0
    back = upgrade(SERVICE, empty)
    assert back.returncode == 0, back.stdout
    assert "ahead, at aaaa" in back.stdout


@pytest.mark.parametrize("breaking", ["f00a", "0b00"])
async def test_revisions_that_break_an_earlier_release_are_found_in_both_branches(
    empty: str, tmp_path: Path, breaking: str
):
    later = branch(tmp_path / "later")
    body = upgrading(DROPS, '{"ban-drop-column": "nothing reads it"}')
    revision_file(later, breaking, f'"{HEAD}"', body)
    assert upgrade(later, empty).returncode == 0
    back = upgrade(SERVICE, empty)
    assert back.returncode == 4
    assert f"{breaking}: ban-drop-column: nothing reads it" in back.stdout


async def test_a_database_that_a_failed_merge_left_in_two_rows_is_led_out_by_the_next_release(
    empty: str, tmp_path: Path
):
    later = branch(tmp_path / "later")
    assert upgrade(later, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    # As a release from before merges left it.
    await connection.execute("DELETE FROM schema_history WHERE revision = 'aaaa'")
    await connection.execute(
        "ALTER TABLE schema_history ALTER COLUMN down_revision TYPE varchar(32)"
    )
    await connection.execute("UPDATE alembic_version SET version_num = 'f00a'")
    await connection.execute("INSERT INTO alembic_version VALUES ('0b00')")
    await connection.close()
    back = upgrade(SERVICE, empty)
    assert back.returncode == 0, "code from before both branches is served"
    assert "ahead, at 0b00, f00a" in back.stdout
    done = upgrade(later, empty)
    assert done.returncode == 0, done.stdout
    assert await heads(empty) == ["aaaa"]


async def test_code_that_lacks_one_branch_and_brings_another_is_refused_with_both_names(
    empty: str, tmp_path: Path
):
    assert upgrade(release(tmp_path / "theirs", upgrading(ADDS)), empty).returncode == 0
    ours = release(tmp_path / "ours")
    revision_file(ours, "f00a", f'"{HEAD}"', upgrading("ALTER TABLE tasks ADD COLUMN n integer"))
    refused = upgrade(ours, empty)
    assert refused.returncode == 4, "it would serve without the column that it needs"
    assert "at 9001" in refused.stdout
    assert "lacks f00a" in refused.stdout


async def test_a_breaking_revision_is_refused_before_any_statement_runs(empty: str, tmp_path: Path):
    assert upgrade(SERVICE, empty).returncode == 0
    later = release(tmp_path / "later", upgrading(ADDS), upgrading(DROPS))
    refused = upgrade(later, empty)
    assert refused.returncode == 5
    assert (
        "9002 (9002_later.py): line 1: Dropping a column may break existing clients"
        in refused.stdout
    )
    assert "[ban-drop-column]" in refused.stdout, "the name under which it can be accepted"
    assert "9001" not in await history(empty), "the harmless one before it did not run either"
    reason = '{"ban-drop-column": "nothing has read it for a month"}'
    assert upgrade(release(later, upgrading(ADDS), upgrading(DROPS, reason)), empty).returncode == 0
    assert (await history(empty))["9002"] == "ban-drop-column: nothing has read it for a month"


async def test_a_revision_that_fails_is_named_with_its_file_and_the_reason(
    empty: str, tmp_path: Path
):
    wrong = "SELECT nothing()"
    later = release(tmp_path / "later", upgrading(ADDS), upgrading(wrong))
    failed = upgrade(later, empty)
    assert failed.returncode == 1
    [line] = [line for line in failed.stdout.splitlines() if "failed:" in line]
    assert "revision 9002 (9002_later.py) failed: function nothing() does not exist" in line
    assert f"in: {wrong}" in line
    assert "9001" in await history(empty), "each revision is a transaction of its own"


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
