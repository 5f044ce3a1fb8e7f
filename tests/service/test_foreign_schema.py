"""A database that other revisions built: it is refused, and not taken for one that is ahead."""

import json
import shutil
from pathlib import Path

import asyncpg
import pytest

from infra.steps import database_contents

from .conftest import SERVICE
from .later_release import ADDS, release, revision_file, upgrade, upgrading

ORDERS = "def upgrade() -> None:\n    op.execute('CREATE TABLE orders (id bigint PRIMARY KEY)')\n"
REASON = 'accepted = {"changed-after-it-ran": "only a comment in its SQL"}\n'


def other_app(folder: Path, revision: str, body: str = ORDERS) -> Path:
    """Another app: one revision of its own, and this one's way to run it."""
    release(folder)
    shutil.rmtree(folder / "migrations/versions")
    (folder / "migrations/versions").mkdir()
    revision_file(folder, revision, "None", body)
    return folder


async def state(url: str) -> list[str]:
    """Everything that a migration could change: the tables with their columns, and the records."""
    connection = await asyncpg.connect(url)
    columns = await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    records = await connection.fetch("TABLE schema_history")
    heads = await connection.fetch("TABLE alembic_version")
    await connection.close()
    return [str(row) for row in (*columns, *records, *heads)]


@pytest.mark.parametrize(
    ("revision", "told"),
    [
        ("3f9a1c04de77", "the database is at 0003, which follows no revision of it"),
        ("0001", "0001 (0001_later.py): the database ran other code under this id"),
        ("0003", "0003 (0003_later.py): the database ran other code under this id"),
    ],
    ids=["no id in common", "the first id in common", "the newest id in common"],
)
async def test_a_schema_of_another_history_is_refused_before_anything_changes(
    empty: str, tmp_path: Path, revision: str, told: str
):
    assert upgrade(SERVICE, empty).returncode == 0
    before = await state(empty)
    refused = upgrade(other_app(tmp_path / "app", revision), empty)
    assert refused.returncode == 7, refused.stdout
    assert told in refused.stdout
    assert "give this one an empty database" in refused.stdout, "the ways out are told"
    assert await state(empty) == before


@pytest.mark.parametrize("revision", ["0001", "0003"])
async def test_one_from_before_the_fingerprints_is_known_by_its_tables(
    empty: str, tmp_path: Path, revision: str
):
    assert upgrade(SERVICE, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    await connection.execute("ALTER TABLE schema_history DROP COLUMN fingerprint")
    await connection.close()
    before = await state(empty)
    refused = upgrade(other_app(tmp_path / "app", revision), empty)
    assert refused.returncode == 7, refused.stdout
    assert "creates the table orders, which the database does not have" in refused.stdout
    assert await state(empty) == before


async def test_the_apps_own_database_from_before_the_fingerprints_gets_them(empty: str):
    assert upgrade(SERVICE, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    prints = await connection.fetch("SELECT revision, fingerprint FROM schema_history ORDER BY 1")
    assert all(row["fingerprint"] for row in prints)
    await connection.execute("ALTER TABLE schema_history DROP COLUMN fingerprint")
    assert upgrade(SERVICE, empty).returncode == 0
    again = await connection.fetch("SELECT revision, fingerprint FROM schema_history ORDER BY 1")
    await connection.close()
    assert again == prints


async def test_tables_that_a_later_revision_drops_or_renames_are_not_missed(
    empty: str, tmp_path: Path
):
    bodies = [
        upgrading("CREATE TABLE old_one (id bigint)"),
        upgrading("CREATE TABLE old_two (id bigint)"),
        upgrading("DROP TABLE old_one"),
        upgrading("ALTER TABLE old_two RENAME TO new_two"),
    ]
    later = release(tmp_path / "later", *bodies)
    assert upgrade(later, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    await connection.execute("UPDATE schema_history SET fingerprint = NULL")
    await connection.close()
    again = upgrade(later, empty)
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize(
    ("edited", "status"),
    [
        (f"# A comment.\n{upgrading(ADDS)}", 0),
        (f'"""A docstring."""\nimport os\n{upgrading(ADDS)}', 0),
        (f"{upgrading(ADDS)}\ndef downgrade() -> None:\n    pass\n", 0),
        (upgrading(f"{ADDS} NULL"), 7),
        (REASON + upgrading(f"{ADDS} NULL").partition("\n")[2], 0),
    ],
    ids=["comment", "docstring", "downgrade", "statement", "statement with a reason"],
)
async def test_a_revision_that_was_edited_after_it_ran_is_told_from_another_layout(
    empty: str, tmp_path: Path, edited: str, status: int
):
    assert upgrade(release(tmp_path / "later", upgrading(ADDS)), empty).returncode == 0
    after = upgrade(release(tmp_path / "edited", edited), empty)
    assert after.returncode == status, after.stdout
    if status:
        assert 'accepted = {"changed-after-it-ran": "reason"}' in after.stdout


async def test_another_apps_revisions_run_in_a_database_of_their_own(empty: str, tmp_path: Path):
    index = "    op.create_index('by_id', 'orders', ['id'])\n"
    done = upgrade(other_app(tmp_path / "app", "0001", ORDERS + index), empty)
    assert done.returncode == 0, done.stdout
    assert "Context impl" not in done.stdout, "Alembic's own lines are not the user's"
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("SELECT to_regclass('orders')")
    await connection.close()


async def test_the_check_before_a_release_reads_the_database_as_the_migration_does(empty: str):
    assert upgrade(SERVICE, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    await connection.execute("CREATE SCHEMA audit; CREATE TABLE audit.log (id bigint)")
    holds = json.loads(await connection.fetchval(database_contents.QUERY))
    await connection.close()
    assert holds["heads"] == ["0003"]
    assert {"tasks", "users", "tasks_by_owner", "audit.log"} <= set(holds["relations"])
    assert not {"alembic_version", "schema_history"} & set(holds["relations"])
