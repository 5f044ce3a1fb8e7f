"""The running service while Redis or Postgres is away, and afterwards."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from .conftest import running
from .people import People
from .tcp_proxy import TcpProxy, tcp_proxy

# Far above any time limit of the service; reaching it means that something hangs.
HANGS = 15


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(HANGS):
        while not await true():
            await asyncio.sleep(0.1)


async def lose(proxy: TcpProxy, how: str) -> None:
    if how == "frozen":
        proxy.freeze()
    else:
        await proxy.cut()


@pytest.mark.parametrize("how", ["frozen", "gone"])
async def test_without_redis_every_request_is_answered_and_the_cache_comes_back(
    settings, clean, how
):
    async with (
        tcp_proxy(clean.redis_url) as proxy,
        running(settings, redis_url=SecretStr(proxy.url)) as client,
    ):
        people = People(client)
        alice = await people("alice")
        await alice.get("/tasks/stats")
        await lose(proxy, how)
        async with asyncio.timeout(HANGS):
            await people("bob")
            await alice.task()
            assert (await alice.get("/tasks/stats"))["total"] == 1
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/ready")).status_code == 503
        await proxy.restore()
        async with Redis.from_url(clean.redis_url) as redis:
            await redis.flushdb()

            async def cached_again() -> bool:
                assert (await alice.get("/tasks/stats"))["total"] == 1
                return bool(await redis.exists("stats:user_1"))

            await eventually(cached_again)
        assert (await client.get("/ready")).status_code == 200


async def test_statistics_cached_before_redis_was_lost_do_not_count_after_it(settings, clean):
    async with (
        tcp_proxy(clean.redis_url) as proxy,
        running(settings, redis_url=SecretStr(proxy.url)) as client,
    ):
        alice = await People(client)("alice")
        assert (await alice.get("/tasks/stats"))["total"] == 0
        proxy.freeze()
        await alice.task()
        await proxy.restore()
        assert (await alice.get("/tasks/stats"))["total"] == 1


@pytest.mark.parametrize("how", ["frozen", "gone", "not configured"])
async def test_without_redis_limits_hold_within_the_process(settings, clean, how):
    async with tcp_proxy(clean.redis_url) as proxy:
        url = None if how == "not configured" else SecretStr(proxy.url)
        changes = {"testing": False, "environment": "production", "redis_url": url}
        async with running(settings.model_copy(update=changes)) as client:
            await lose(proxy, how)
            login = {"username": "alice", "password": "not hers"}
            answers = [await client.post("/auth/login", json=login) for _ in range(6)]
    # Other processes count on their own, if there is a Redis that they have lost too.
    allowed = 5 if how == "not configured" else 2
    assert [answer.status_code for answer in answers] == [401] * allowed + [429] * (6 - allowed)


async def test_a_client_does_not_start_anew_when_redis_is_lost(settings, clean):
    async with (
        tcp_proxy(clean.redis_url) as proxy,
        running(settings, testing=False, redis_url=SecretStr(proxy.url)) as client,
    ):
        login = {"username": "alice", "password": "not hers"}
        before = [(await client.post("/auth/login", json=login)).status_code for _ in range(2)]
        await lose(proxy, "gone")
        after = [(await client.post("/auth/login", json=login)).status_code for _ in range(3)]
    assert (before, after) == ([401] * 2, [429] * 3)


async def test_when_postgres_restarts_the_service_recovers_by_itself(settings, clean):
    async with (
        tcp_proxy(clean.database_url) as proxy,
        running(settings, database_url=SecretStr(proxy.url)) as client,
    ):
        alice = await People(client)("alice")
        await asyncio.gather(*(alice.get("/tasks") for _ in range(8)))
        await proxy.cut()
        async with asyncio.timeout(HANGS):
            gone = await alice("GET", "/tasks")
            created = await alice("POST", "/tasks", {"title": "x"})
        assert (gone.status_code, created.status_code) == (503, 503)
        assert gone.json().keys() == {"detail"}
        assert gone.headers["retry-after"]
        assert (await client.get("/health")).json()["database"] == "unhealthy"
        await proxy.restore()
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
        tcp_proxy(clean.database_url) as proxy,
        running(settings, database_url=SecretStr(proxy.url)) as client,
    ):
        alice = await People(client)("alice")
        await asyncio.gather(*(alice.get("/tasks") for _ in range(8)))
        await proxy.cut()
        await proxy.restore()
        answers = await asyncio.gather(*(alice("GET", "/tasks") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
