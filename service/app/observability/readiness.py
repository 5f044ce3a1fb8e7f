"""Whether this instance can serve: Postgres, Redis and the schema, each within a time limit."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path

from app.errors import ServiceError
from app.persistence.cache import Cache
from app.persistence.database import Database

TIME_LIMIT = 2.0
OK = "ok"
NO_ANSWER = "no answer"
VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


def own_revisions() -> list[str]:
    """The revisions this code knows, oldest first: files are named `<revision>_<subject>.py`."""
    return sorted(path.name.split("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


class Readiness:
    """The checks behind /ready. Results are short texts without addresses or secrets."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache
        self._own = own_revisions()

    async def check(self) -> dict[str, str]:
        """What each part answered; `ok` everywhere means ready."""
        schema, redis = await asyncio.gather(self.schema(), _limited(self._redis()))
        database = NO_ANSWER if schema == NO_ANSWER else OK
        return {"database": database, "schema": schema, "redis": redis}

    async def schema(self) -> str:
        """What the database alone answered."""
        return await _limited(self._schema())

    async def _schema(self) -> str:
        """An unknown revision is a later release's: migrations are additive, so it will do."""
        revision = await self._database.revision()
        if revision is None:
            return "behind: not migrated"
        if revision in self._own[:-1]:
            return f"behind: at {revision}, needs {self._own[-1]}"
        return OK

    async def _redis(self) -> str:
        if not self._cache.configured:
            return OK
        return OK if await self._cache.answers() else NO_ANSWER


async def _limited(check: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(check, TIME_LIMIT)
    except (TimeoutError, ServiceError):
        return NO_ANSWER
