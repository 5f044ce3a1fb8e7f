"""The app under test, on a database that the migrations built."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from app.main import create_app
from app.settings import Settings, load
from testkit.backends import Backends, backends

from .people import People
from .reasons import require_reason

SERVICE = Path(__file__).parents[2] / "service"
SECRET = "a-key-for-tests-of-at-least-32-bytes"


def alembic(database_url: str, *arguments: str) -> None:
    """Runs Alembic as the migration container does."""
    environment = {**os.environ, "DATABASE_URL": database_url}
    command = [sys.executable, "-m", "alembic", *arguments]
    subprocess.run(command, cwd=SERVICE, env=environment, check=True)


@pytest.fixture(scope="session")
def stores() -> Iterator[Backends]:
    """Postgres with an up-to-date schema, and Redis."""
    with backends() as stores:
        alembic(stores.database_url, "upgrade", "head")
        yield stores


@pytest.fixture
async def empty(stores: Backends) -> AsyncIterator[str]:
    """The URL of a database without a schema."""
    name = "migration_tests"
    connection = await asyncpg.connect(stores.database_url)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    yield urlsplit(stores.database_url)._replace(path=f"/{name}").geturl()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def clean(stores: Backends) -> Backends:
    """Both empty, ids starting at 1 again."""
    connection = await asyncpg.connect(stores.database_url)
    try:
        await connection.execute("TRUNCATE users, tasks RESTART IDENTITY CASCADE")
    finally:
        await connection.close()
    async with Redis.from_url(stores.redis_url) as redis:
        await redis.flushdb()
    return stores


@pytest.fixture
def settings(clean: Backends, tmp_path: Path) -> Settings:
    """Limits off and hashing cheap; a test that is about either changes it."""
    return load(
        Settings,
        database_url=clean.database_url,
        redis_url=clean.redis_url,
        secret_key=SECRET,
        password_time_cost=1,
        password_memory_cost=8,
        metrics_port=0,
        upload_dir=tmp_path / "uploads",
        testing=True,
    )


@asynccontextmanager
async def running(
    settings: Settings, *, peer: str = "127.0.0.1", **changes: object
) -> AsyncIterator[httpx.AsyncClient]:
    """A client at the address `peer` of an app with these settings and changes."""
    app = create_app(settings.model_copy(update=changes))
    # An error that the app does not handle is an answer too: the one clients would see.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 1))
    # Whatever a test is about: no error that it meets is one that people cannot read.
    hooks = {"response": [require_reason]}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://service", event_hooks=hooks
        ) as client,
    ):
        yield client


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running(settings) as client:
        yield client


@pytest.fixture
def people(client: httpx.AsyncClient) -> People:
    """Registers people on demand: `alice = await people("alice")`."""
    return People(client)
