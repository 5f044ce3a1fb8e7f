"""The caller's statistics, cached in Redis."""

import json
from typing import Any, cast

from fastapi import APIRouter

from app.api.dependencies import AppResources, CurrentCaller, Reads
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.schemas.tasks import Stats
from app.services import stats

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=AuthenticatedRoute)


@router.get("/stats", response_model=Stats, responses=errors(401))
async def get_stats(reader: Reads, caller: CurrentCaller, resources: AppResources) -> Any:
    """The caller's statistics. A cached copy is valid only with the account's present stamp."""
    key, stamp = stats.cache_key(caller), stats.stamp(caller)
    # Returns the connection before waiting for Redis.
    reader.release()
    cached = _read(await resources.cache.get(key))
    if cached.get("stamp") == stamp:
        return cached
    fresh = await stats.compute(reader, caller)
    value = json.dumps({**fresh, "stamp": stamp}).encode()
    await resources.cache.put(key, value, ttl=stats.TTL)
    return fresh


def _read(value: bytes | None) -> dict[str, Any]:
    try:
        cached = json.loads(value or b"{}")
    except ValueError:
        return {}
    return cast(dict[str, Any], cached) if isinstance(cached, dict) else {}
