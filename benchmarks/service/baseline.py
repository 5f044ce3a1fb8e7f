"""The baseline: a bare Starlette route with asyncpg.

It executes the recorded statements and answers with the recorded bytes. A login also hashes its
password, which no login can do without.
"""

import asyncio
import json
import os
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from argon2 import PasswordHasher
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from benchmarks.service.filling import PASSWORD

CONNECTIONS = 10
JSON = "application/json"


class Baseline:
    """Its recordings are for one operation, so that one request line means one recording."""

    def __init__(self) -> None:
        # Written a moment ago by the bench itself.
        self._recordings = pickle.loads(Path(os.environ["RECORDINGS"]).read_bytes())  # noqa: S301
        self._pool: asyncpg.Pool | None = None
        self._redis = Redis.from_url(os.environ["REDIS_URL"])
        self._hasher = PasswordHasher(2, 19456, 1)
        self._hash = self._hasher.hash(PASSWORD)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            os.environ["DATABASE_URL"],
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            reset=_no_reset,
            # As in the service.
            server_settings={"jit": "off"},
        ) as self._pool:
            yield
        await self._redis.aclose()

    async def answer(self, request: Request) -> Response:
        """The work and the bytes of the recording that belongs to the request."""
        assert self._pool  # noqa: S101 - the lifespan has begun
        operation = request.path_params["operation"]
        path = "/" + request.path_params["rest"]
        if request.url.query:
            path += f"?{request.url.query}"
        who = request.headers.get("authorization", "").removeprefix("Bearer ") or None
        if request.method != "GET":
            body = json.loads(await request.body())
            who = who or body["username"]
        recording = self._recordings[operation][request.method, path, who]
        async with self._pool.acquire() as connection:
            for kind, what, arguments in recording["steps"]:
                if kind == "redis":
                    await self._redis.execute_command(*what)
                elif kind == "unnamed":
                    unnamed = await connection.prepare(what, name="")
                    await unnamed.fetch(*arguments)
                elif arguments:
                    await connection.fetch(what, *arguments)
                else:
                    await connection.execute(what)
        if operation == "login":
            await asyncio.to_thread(self._hasher.verify, self._hash, PASSWORD)
        return Response(recording["body"], recording["status"], media_type=JSON)


async def _no_reset(_: Any) -> None:
    """A round trip less than asyncpg's own, as the statements leave nothing behind."""


async def nothing(_: Request) -> Response:
    """No statement at all: the most that the load tool and the server can do."""
    return PlainTextResponse("")


def create() -> Starlette:
    baseline = Baseline()
    methods = ["GET", "POST", "PATCH"]
    routes = [
        Route("/ready", nothing),
        Route("/{operation}/{rest:path}", baseline.answer, methods=methods),
    ]
    return Starlette(routes=routes, lifespan=baseline.lifespan)
