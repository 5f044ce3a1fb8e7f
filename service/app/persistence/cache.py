"""Redis, as something that may be gone: every call has a time limit and a quiet failure."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.settings import Settings

log = logging.getLogger(__name__)

# After a failure Redis is left alone this long, so that a frozen one costs one request per pause
# its time limit, not every request.
PAUSE = 1.0

T = TypeVar("T")


class Cache:
    """Values and counters shared by the instances; answers None when Redis does not."""

    def __init__(self, settings: Settings) -> None:
        self._paused_until = 0.0
        self._redis: Redis | None = None
        if settings.redis_address is not None:
            self._redis = Redis.from_url(
                settings.redis_address,
                socket_timeout=settings.redis_timeout,
                socket_connect_timeout=settings.redis_timeout,
                retry=Retry(NoBackoff(), 0),
                max_connections=50,
            )

    @property
    def configured(self) -> bool:
        return self._redis is not None

    async def get(self, key: str) -> bytes | None:
        value = await self._try(lambda redis: redis.get(key))
        return value.encode() if isinstance(value, str) else value

    async def put(self, key: str, value: bytes, *, ttl: int) -> None:
        await self._try(lambda redis: redis.set(key, value, ex=ttl))

    async def delete(self, *keys: str) -> None:
        await self._try(lambda redis: redis.delete(*keys))

    async def count(self, key: str, *, window: int) -> tuple[int, int] | None:
        """Counts one hit in the window that the first hit opened: the number and seconds left."""

        async def hit(redis: Redis) -> tuple[int, int]:
            pipeline = redis.pipeline(transaction=True)
            pipeline.incr(key)
            pipeline.expire(key, window, nx=True)
            pipeline.ttl(key)
            number, _, left = await pipeline.execute()
            return number, left

        return await self._try(hit)

    async def answers(self) -> bool:
        """Asks Redis itself, pause or not."""
        if self._redis is None:
            return False
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()

    async def _try(self, call: Callable[[Redis], Awaitable[T]]) -> T | None:
        if self._redis is None or time.monotonic() < self._paused_until:
            return None
        try:
            return await call(self._redis)
        except (RedisError, OSError) as error:
            self._paused_until = time.monotonic() + PAUSE
            log.warning("redis does not answer", extra={"reason": type(error).__name__})
            return None
