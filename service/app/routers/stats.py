"""The caller's statistics, cached in Redis."""

import json
from typing import Any

from fastapi import APIRouter

from app.dependencies import CurrentCaller, Parts, Reads
from app.domain import stats
from app.operations import AuthenticatedRoute
from app.routers.documented import errors
from app.routers.literal import refuse_others
from app.schemas.tasks import Stats

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=AuthenticatedRoute)


@router.get("/stats", response_model=Stats, responses=errors(401))
async def get_stats(reader: Reads, caller: CurrentCaller, parts: Parts) -> Any:
    """A cached copy counts only with the stamp that the account has now."""
    key, stamp = stats.cache_key(caller), stats.stamp(caller)
    # No connection is held while Redis is asked.
    reader.release()
    cached = _read(await parts.cache.get(key))
    if cached.get("stamp") == stamp:
        return cached
    fresh = await stats.compute(reader, caller)
    value = json.dumps({**fresh, "stamp": stamp}).encode()
    await parts.cache.put(key, value, ttl=stats.TTL)
    return fresh


refuse_others(router, "/tasks/stats", allowed="GET")


def _read(value: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(value or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
