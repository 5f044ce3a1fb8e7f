"""The schema: built by the migrations, from nothing and from an earlier release."""

import subprocess
import sys
from pathlib import Path

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from app.persistence.models import Base
from app.persistence.revisions import own_revisions

from .conftest import SERVICE, alembic


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


def test_revisions_are_in_the_order_of_their_runs_whatever_their_names(tmp_path: Path):
    follows = {"0001": None, "f00a": ("0001",), "0b00": "0001", "aaaa": ("f00a", "0b00")}
    for name, before in follows.items():
        source = f"revision: str = {name!r}\ndown_revision: object = {before!r}\n"
        (tmp_path / f"{name}_x.py").write_text(source)
    assert own_revisions(tmp_path) in (
        ["0001", "0b00", "f00a", "aaaa"],
        ["0001", "f00a", "0b00", "aaaa"],
    )


async def test_the_migrations_build_the_tables_that_the_code_describes(empty: str):
    alembic(empty, "upgrade", "head")
    alembic(empty, "upgrade", "head")

    def differences(connection: Connection) -> list[tuple]:
        # The record of what ran is the migrations' own; the code never reads it.
        ours = {"include_name": lambda name, kind, _: (kind, name) != ("table", "schema_history")}
        context = MigrationContext.configure(connection, opts=ours)
        differences = compare_metadata(context, Base.metadata)
        # Indexes live in the migrations only: the code never names one.
        return [
            difference
            for difference in differences
            if "index" not in difference[0] and "constraint" not in difference[0]
        ]

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


async def test_a_migration_does_not_wait_long_for_a_table_in_use(empty: str):
    alembic(empty, "upgrade", "0001")
    connection = await asyncpg.connect(empty)
    async with connection.transaction():
        await connection.execute("LOCK TABLE users IN ACCESS SHARE MODE")
        done = subprocess.run(
            [sys.executable, "-m", "alembic", "-x", "tries=1", "upgrade", "head"],
            cwd=SERVICE,
            env={"DATABASE_URL": empty},
            capture_output=True,
            text=True,
            check=False,
        )
        process = await connection.fetchval("SELECT pg_backend_pid()")
    said = done.stdout + done.stderr
    assert done.returncode == 6
    assert "Traceback" not in said
    assert f"pg_terminate_backend({process})" in said, "whose session it is, and how to end it"
    assert "users: used for" in said
    assert await revision(empty) == "0001"
    await connection.close()


async def test_a_table_that_gets_free_in_time_is_tried_again(empty: str):
    alembic(empty, "upgrade", "0001")
    connection = await asyncpg.connect(empty)
    command = [sys.executable, "-m", "alembic", "-x", "tries=10", "upgrade", "head"]
    async with connection.transaction():
        await connection.execute("LOCK TABLE users IN ACCESS SHARE MODE")
        process = subprocess.Popen(
            command, cwd=SERVICE, env={"DATABASE_URL": empty}, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        said = iter(process.stdout.readline, "")
        assert any("a table is in use" in line for line in said)
    process.communicate()
    assert process.returncode == 0
    assert await revision(empty) == (own_revisions()[-1])
    await connection.close()
