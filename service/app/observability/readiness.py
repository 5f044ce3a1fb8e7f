"""Readiness: checks of Postgres, Redis and the schema, each within a time limit."""

import asyncio
from collections.abc import Awaitable

from app.errors import ServiceError
from app.persistence.cache import Cache
from app.persistence.database import Database
from app.persistence.revisions import own_revisions

TIME_LIMIT = 2.0
OK = "ok"
NO_ANSWER = "no answer"


class Readiness:
    """The checks behind /ready. Results are short texts without addresses or secrets."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache
        self._own = own_revisions()

    async def check(self) -> dict[str, str]:
        """The result of each check; the instance is ready when all are `ok`."""
        schema, redis = await asyncio.gather(self.schema(), _limited(self._redis()))
        database = NO_ANSWER if schema == NO_ANSWER else OK
        return {"database": database, "schema": schema, "redis": redis}

    async def schema(self) -> str:
        """The result of the schema check alone."""
        return await _limited(self._schema())

    async def _schema(self) -> str:
        """An unknown revision belongs to a later release: migrations are additive, so it passes."""
        present = await self._database.revisions()
        if not present:
            return "behind: not migrated"
        if set(present) <= set(self._own[:-1]):
            return f"behind: at {', '.join(present)}, needs {self._own[-1]}"
        return OK

    async def _redis(self) -> str:
        if not self._cache.configured:
            return OK
        return OK if await self._cache.ping() else NO_ANSWER


async def _limited(check: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(check, TIME_LIMIT)
    except (TimeoutError, ServiceError):
        return NO_ANSWER
