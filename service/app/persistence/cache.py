"""Redis. Every call has a time limit; when Redis fails, the call answers None."""

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

# Seconds without a call after a failure: with a frozen Redis, one request per pause waits for the
# time limit, not every request.
PAUSE = 1.0

T = TypeVar("T")


class Cache:
    """Values that the instances share; None while Redis does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._paused_until = 0.0
        self.client: Redis | None = None
        if settings.redis_address is not None:
            client = Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
                settings.redis_address,
                socket_timeout=settings.redis_timeout,
                socket_connect_timeout=settings.redis_timeout,
                retry=Retry(NoBackoff(), 0),
                max_connections=50,
            )
            self.client = client

    @property
    def configured(self) -> bool:
        """Whether there is a Redis at all."""
        return self.client is not None

    async def get(self, key: str) -> bytes | None:
        """The stored value, or None."""
        value = await self.attempt(lambda redis: redis.get(key))
        return value.encode() if isinstance(value, str) else value

    async def put(self, key: str, value: bytes, *, ttl: int) -> None:
        """Stores a value for `ttl` seconds."""
        await self.attempt(lambda redis: redis.set(key, value, ex=ttl))

    async def ping(self) -> bool:
        """Whether Redis answers now, also during a pause."""
        if self.client is None:
            return False
        try:
            return bool(await self.client.ping())  # pyright: ignore[reportUnknownMemberType]
        except (RedisError, OSError) as error:
            log.warning("redis does not answer", extra={"reason": str(error)})
            return False

    async def close(self) -> None:
        """Closes the connections."""
        if self.client is not None:
            await self.client.aclose()

    async def attempt(self, call: Callable[[Redis], Awaitable[T]]) -> T | None:
        """The result of the call, or None when Redis fails or a pause runs."""
        if self.client is None or time.monotonic() < self._paused_until:
            return None
        try:
            return await call(self.client)
        except (RedisError, OSError) as error:
            self._paused_until = time.monotonic() + PAUSE
            log.warning("redis does not answer", extra={"reason": str(error)})
            return None
