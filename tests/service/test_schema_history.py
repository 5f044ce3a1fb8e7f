"""The schemas that an earlier release accepts, and a later release that is refused or fails."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from app.persistence.revisions import own_revisions

from .conftest import SERVICE
from .later_release import ADDS, DROPS, history, release, upgrade, upgrading


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


async def test_a_breaking_revision_is_refused_before_any_statement_runs(empty: str, tmp_path: Path):
    assert upgrade(SERVICE, empty).returncode == 0
    later = release(tmp_path / "later", upgrading(ADDS), upgrading(DROPS))
    refused = upgrade(later, empty)
    assert refused.returncode == 5
    assert (
        "migrations/versions/9002_later.py:6: Dropping a column may break existing clients"
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


async def test_a_role_that_serves_writes_rows_and_only_reads_the_records_of_migrations(empty: str):
    connection = await asyncpg.connect(empty)
    await connection.execute(
        "CREATE ROLE serving; ALTER DEFAULT PRIVILEGES IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO serving"
    )
    try:
        assert upgrade(SERVICE, empty).returncode == 0
        rights = await connection.fetch(
            "SELECT name, has_table_privilege('serving', name, 'SELECT') AS reads,"
            " has_table_privilege('serving', name, 'INSERT, UPDATE, DELETE') AS writes"
            " FROM unnest(ARRAY['tasks', 'alembic_version', 'schema_history']) AS name"
        )
    finally:
        await connection.execute("DROP OWNED BY serving; DROP ROLE serving")
        await connection.close()
    assert [tuple(row) for row in rights] == [
        ("tasks", True, True),
        ("alembic_version", True, False),
        ("schema_history", True, False),
    ]


async def test_a_role_that_may_change_no_schema_can_look_at_it(empty: str):
    """As the service's own may not: `alembic current` in an api container."""
    assert upgrade(SERVICE, empty).returncode == 0
    connection = await asyncpg.connect(empty)
    role = f"reader_{secrets.token_hex(4)}"
    await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'reads'")
    try:
        await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        await connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        place = urlsplit(empty)
        reader = place._replace(netloc=f"{role}:reads@{place.hostname}:{place.port}").geturl()
        looked = upgrade(SERVICE, reader)
        assert looked.returncode == 0, looked.stdout
    finally:
        await connection.execute(f"DROP OWNED BY {role}")
        await connection.execute(f"DROP ROLE {role}")
        await connection.close()
