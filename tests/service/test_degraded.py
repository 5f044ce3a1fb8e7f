"""What happens when Redis or Postgres goes away under the running service, and comes back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from .conftest import running
from .people import People
from .wire import Wire, wire

# Far above any time limit of the service; reaching it means that something hangs.
HANGS = 15


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(HANGS):
        while not await true():
            await asyncio.sleep(0.1)


async def lose(line: Wire, how: str) -> None:
    if how == "frozen":
        line.freeze()
    else:
        await line.cut()


@pytest.mark.parametrize("how", ["frozen", "gone"])
async def test_without_redis_every_request_is_answered_and_the_cache_comes_back(
    settings, clean, how
):
    async with (
        wire(clean.redis_url) as line,
        running(settings, redis_url=SecretStr(line.url)) as client,
    ):
        people = People(client)
        alice = await people("alice")
        await alice.get("/tasks/stats")
        await lose(line, how)
        async with asyncio.timeout(HANGS):
            await people("bob")
            await alice.task()
            assert (await alice.get("/tasks/stats"))["total"] == 1
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/ready")).status_code == 503
        await line.restore()
        async with Redis.from_url(clean.redis_url) as redis:
            await redis.flushdb()

            async def cached_again() -> bool:
                assert (await alice.get("/tasks/stats"))["total"] == 1
                return bool(await redis.exists("stats:user_1"))

            await eventually(cached_again)
        assert (await client.get("/ready")).status_code == 200


async def test_statistics_cached_before_redis_was_lost_do_not_count_after_it(settings, clean):
    async with (
        wire(clean.redis_url) as line,
        running(settings, redis_url=SecretStr(line.url)) as client,
    ):
        alice = await People(client)("alice")
        assert (await alice.get("/tasks/stats"))["total"] == 0
        line.freeze()
        await alice.task()
        await line.restore()
        assert (await alice.get("/tasks/stats"))["total"] == 1


@pytest.mark.parametrize("how", ["frozen", "gone", "not configured"])
async def test_without_redis_limits_hold_within_the_process(settings, clean, how):
    async with wire(clean.redis_url) as line:
        url = None if how == "not configured" else SecretStr(line.url)
        changes = {"testing": False, "environment": "production", "redis_url": url}
        async with running(settings.model_copy(update=changes)) as client:
            await lose(line, how)
            login = {"username": "alice", "password": "not hers"}
            answers = [await client.post("/auth/login", json=login) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


async def test_when_postgres_restarts_the_service_recovers_by_itself(settings, clean):
    async with (
        wire(clean.database_url) as line,
        running(settings, database_url=SecretStr(line.url)) as client,
    ):
        alice = await People(client)("alice")
        await asyncio.gather(*(alice.get("/tasks") for _ in range(8)))
        await line.cut()
        async with asyncio.timeout(HANGS):
            gone = await alice("GET", "/tasks")
            created = await alice("POST", "/tasks", {"title": "x"})
        assert (gone.status_code, created.status_code) == (503, 503)
        assert gone.json().keys() == {"detail"}
        assert gone.headers["retry-after"]
        assert (await client.get("/health")).json()["database"] == "unhealthy"
        await line.restore()
        answers = await asyncio.gather(*(alice("GET", "/tasks") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert (await client.get("/health")).json()["database"] == "healthy"


async def test_a_password_that_the_database_no_longer_takes_is_an_outage(settings, clean):
    url = make_url(clean.database_url).set(password="the one before")
    former = SecretStr(url.render_as_string(hide_password=False))
    async with running(settings, database_url=former) as client:
        answer = await client.post("/auth/login", json={"username": "alice", "password": "hers"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_connections_that_postgres_ended_meanwhile_cost_no_request(settings, clean):
    async with (
        wire(clean.database_url) as line,
        running(settings, database_url=SecretStr(line.url)) as client,
    ):
        alice = await People(client)("alice")
        await asyncio.gather(*(alice.get("/tasks") for _ in range(8)))
        await line.cut()
        await line.restore()
        answers = await asyncio.gather(*(alice("GET", "/tasks") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
