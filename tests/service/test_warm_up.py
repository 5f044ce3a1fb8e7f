"""The work that a process does before it is ready."""

import asyncio

import httpx
import pytest
from sqlalchemy import event

from app.main import create_app
from app.persistence import read_queries
from app.services.warm_up import CONNECTIONS

from .conftest import running
from .people import People


async def test_the_first_requests_compile_no_statement_and_open_no_connection(settings):
    read_queries._compiled.cache_clear()
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        pool = app.state.resources.database.engine.sync_engine.pool
        opened: list[object] = []
        event.listen(pool, "connect", lambda *event_arguments: opened.append(event_arguments))
        alice = await People(client)("alice")
        compiled = read_queries._compiled.cache_info().misses
        for path in ("/tasks", "/tasks/stats"):
            await alice.get(path)
        assert read_queries._compiled.cache_info().misses == compiled
        await asyncio.gather(*(alice.get("/tasks") for _ in range(CONNECTIONS)))
        assert opened == [], "a release moves requests that come side by side"


@pytest.mark.parametrize("size", [1, 2])
async def test_a_small_pool_is_warmed_too(settings, size):
    async with running(settings, database_pool_size=size) as client:
        assert (await client.get("/ready")).status_code == 200


async def test_a_database_without_a_schema_is_no_reason_not_to_start(settings, empty):
    bare = settings.model_validate({**settings.model_dump(), "database_url": empty})
    async with running(bare) as client:
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/ready")).status_code == 503
