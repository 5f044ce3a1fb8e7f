"""Revisions of two people that follow the same one, and the merge of both."""

from pathlib import Path

import asyncpg
import pytest

from .conftest import SERVICE
from .later_release import (
    ADDS,
    DROPS,
    HEAD,
    branch,
    heads,
    history,
    release,
    revision_file,
    upgrade,
    upgrading,
)


async def test_two_heads_are_refused_before_anything_runs(empty: str, tmp_path: Path):
    refused = upgrade(branch(tmp_path / "later", merged=False), empty)
    assert refused.returncode == 5
    assert "2 heads: 0b00, f00a" in refused.stdout
    assert "alembic merge -m merge 0b00 f00a" in refused.stdout, "the command that mends it"
    connection = await asyncpg.connect(empty)
    assert not await connection.fetchval("SELECT to_regclass('alembic_version')")
    await connection.close()


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
