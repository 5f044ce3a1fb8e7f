"""Records the statements, the Redis commands and the answer of the service for a request."""

import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from asyncpg import Connection
from asyncpg.prepared_stmt import PreparedStatement
from redis.asyncio import Redis

from benchmarks.service.operations import Target

# A request line, and whose request it is.
Key = tuple[str, str, str | None]
Recordings = dict[str, dict[Key, dict[str, Any]]]
"""By operation; of builtins alone, as the baseline loads none of this."""

Step = tuple[str, Any, Any]


async def record(
    environment: Mapping[str, str], named: Mapping[str, Sequence[Target]], *, fresh: str
) -> Recordings:
    """Every target as it is in the long run, the second time; those of `fresh` uncached."""
    recordings: Recordings = {}
    with patch.dict("os.environ", environment):
        async with _client() as client, Redis.from_url(environment["REDIS_URL"]) as redis:
            for name, targets in named.items():
                of_operation = recordings[slug(name)] = {}
                for target in targets:
                    await _one(client, target)
                    if name == fresh:
                        await redis.flushdb()
                    of_operation[_key(target)] = await _one(client, target)
    return recordings


def slug(operation: str) -> str:
    """The operation's name as a part of a path."""
    return operation.replace(" ", "-")


def save(recordings: Recordings, path: Path) -> None:
    path.write_bytes(pickle.dumps(recordings))


def _key(target: Target) -> Key:
    name = target.body.get("username") if target.body else None
    return target.method, target.path, target.token or name


@asynccontextmanager
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    from app.main import create_app
    from app.settings import Settings, load

    app = create_app(load(Settings))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client


async def _one(client: httpx.AsyncClient, target: Target) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
    steps: list[Step] = []
    with watched(steps):
        response = await client.request(
            target.method, target.path, json=target.body, headers=headers
        )
    if not response.is_success:
        raise RuntimeError(f"{target.method} {target.path}: {response.text}")
    return {"steps": steps, "status": response.status_code, "body": response.content}


@contextmanager
def watched(steps: list[Step]) -> Iterator[None]:
    """Sees everything that goes to asyncpg and to redis-py, whichever way the service takes."""
    prepared, fetch, execute = PreparedStatement.fetch, Connection.fetch, Connection.execute
    command = Redis.execute_command

    async def watch_prepared(statement: Any, *args: Any, **options: Any) -> Any:
        # Postgres plans a statement without a name each time.
        kind = "sql" if statement.get_name() else "unnamed"
        steps.append((kind, statement.get_query(), args))
        return await prepared(statement, *args, **options)

    def watch(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def watched(connection: Any, query: str, *args: Any, **options: Any) -> Any:
            steps.append(("sql", query, args))
            return await call(connection, query, *args, **options)

        return watched

    async def watch_redis(redis: Any, *words: Any, **options: Any) -> Any:
        steps.append(("redis", words, ()))
        return await command(redis, *words, **options)

    with (
        patch.object(PreparedStatement, "fetch", watch_prepared),
        patch.object(Connection, "fetch", watch(fetch)),
        patch.object(Connection, "execute", watch(execute)),
        patch.object(Redis, "execute_command", watch_redis),
    ):
        yield
