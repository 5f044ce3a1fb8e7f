"""The schema: built by the migrations, from nothing and from an earlier release."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from app.models import Base
from app.readiness import own_revisions

from .conftest import SERVICE, alembic

NAME = "migration_tests"


@pytest.fixture
async def empty(stores) -> AsyncIterator[str]:
    """The URL of a database without a schema."""
    connection = await asyncpg.connect(stores.database_url)
    await connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {NAME}")
    yield urlsplit(stores.database_url)._replace(path=f"/{NAME}").geturl()
    await connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    await connection.close()


async def revision(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()


def test_the_readiness_check_knows_the_revisions_that_alembic_knows():
    scripts = ScriptDirectory.from_config(Config(SERVICE / "alembic.ini"))
    known = [script.revision for script in scripts.walk_revisions()]
    assert own_revisions() == known[::-1]


async def test_the_migrations_build_the_tables_that_the_code_describes(empty: str):
    alembic(empty, "upgrade", "head")
    alembic(empty, "upgrade", "head")

    def differences(connection: Connection) -> list[tuple]:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        # Indexes live in the migrations only: the code never names one.
        return [each for each in found if "index" not in each[0] and "constraint" not in each[0]]

    engine = create_async_engine(empty.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_the_first_slices_data_survives_the_upgrade(empty: str):
    alembic(empty, "upgrade", "0001")
    connection = await asyncpg.connect(empty)
    await connection.execute(
        "INSERT INTO users (username, email, hashed_password) VALUES ('a', 'b', 'c')"
    )
    await connection.execute("INSERT INTO tasks (title, user_id) VALUES ('t', 1)")
    alembic(empty, "upgrade", "head")
    assert await connection.fetchval("SELECT stats_version FROM users") == 0
    assert await connection.fetchval("SELECT title FROM tasks") == "t"
    await connection.close()


async def test_releases_that_migrate_at_the_same_time_take_turns(empty: str):
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    environment = {"DATABASE_URL": empty}
    both = [subprocess.Popen(command, cwd=SERVICE, env=environment) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]


async def test_going_back_to_an_earlier_release_leaves_a_later_schema_alone(empty: str):
    alembic(empty, "upgrade", "head")
    connection = await asyncpg.connect(empty)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()
    alembic(empty, "upgrade", "head")
    assert await revision(empty) == "9999"


async def test_a_migration_does_not_wait_long_for_a_table_in_use(empty: str):
    alembic(empty, "upgrade", "0001")
    connection = await asyncpg.connect(empty)
    async with connection.transaction():
        await connection.execute("LOCK TABLE users IN ACCESS SHARE MODE")
        with pytest.raises(subprocess.CalledProcessError):
            alembic(empty, "upgrade", "head")
    assert await revision(empty) == "0001"
    alembic(empty, "upgrade", "head")
    await connection.close()


def test_migrations_only_add():
    """The release before goes on serving while the next one migrates."""
    for path in Path(SERVICE / "migrations" / "versions").glob("*.py"):
        text = path.read_text().upper()
        for word in ("DROP TABLE", "DROP COLUMN", "RENAME", "SET NOT NULL"):
            assert word not in text, f"{path.name} must not {word.lower()}"
