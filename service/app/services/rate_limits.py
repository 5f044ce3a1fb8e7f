"""Rate limits over fixed windows, counted in Redis, or in this process while Redis is away."""

import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.errors import TooManyRequests
from app.persistence.cache import Cache
from app.settings import Settings


@dataclass(frozen=True)
class RateLimit:
    """A named number of requests per unit of time."""

    name: str
    item: RateLimitItem


REGISTER = RateLimit("register", RateLimitItemPerHour(10))
LOGIN = RateLimit("login", RateLimitItemPerMinute(5))
PASSWORD_RESET = RateLimit("password-reset", RateLimitItemPerMinute(1))
CREATE_TASK = RateLimit("create-task", RateLimitItemPerHour(100))
COMMENT = RateLimit("comment", RateLimitItemPerHour(600))
# Per task, and over all tasks of an account.
UPLOAD = RateLimit("upload", RateLimitItemPerHour(20))
UPLOADS = RateLimit("uploads", RateLimitItemPerHour(200))
AVATAR = RateLimit("avatar", RateLimitItemPerHour(20))
# Mails to an address that may belong to another person.
VERIFICATION = RateLimit("verification", RateLimitItemPerHour(5))
VERIFICATION_CLIENT = RateLimit("verification-client", RateLimitItemPerHour(20))
VERIFICATION_ADDRESS = RateLimit("verification-address", RateLimitItemPerHour(5))
RESET_ADDRESS = RateLimit("reset-address", RateLimitItemPerHour(5))
# Mail that one user causes to another by sharing, comments and completions.
NOTIFICATION = RateLimit("notification", RateLimitItemPerHour(60))
CHANGE_PASSWORD = RateLimit("change-password", RateLimitItemPerHour(10))


class RateLimiter:
    """Counts requests per client, account or address, and refuses those above a limit."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._enabled = not settings.testing
        self._cache = cache
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._shared: FixedWindowRateLimiter | None = None
        if cache.client is not None:
            # The pool of the cache, so that both have the same time limits.
            pool: Any = cache.client.connection_pool
            storage = RedisStorage("redis://", implementation="redispy", connection_pool=pool)
            self._shared = FixedWindowRateLimiter(storage)

    async def hit(self, limit: RateLimit, subject: str | int) -> None:
        """Counts one request of the subject; raises TooManyRequests above the limit."""
        if not self._enabled:
            return
        key = (limit.name, str(subject))
        if not await self._allows(limit.item, key):
            raise TooManyRequests(str(limit.item), await self._seconds_left(limit.item, key))

    async def check(self, limit: RateLimit, subject: str | int) -> None:
        """Raises TooManyRequests if the limit is used up; counts nothing."""
        if not self._enabled:
            return
        key = (limit.name, str(subject))
        left = None
        if shared := self._shared:
            left = await self._cache.attempt(lambda _: shared.test(limit.item, *key))
        if left is None:
            left = await self._local.test(limit.item, *key)
        if not left:
            raise TooManyRequests(str(limit.item), await self._seconds_left(limit.item, key))

    async def _allows(self, item: RateLimitItem, key: tuple[str, str]) -> bool:
        if shared := self._shared:
            allowed = await self._cache.attempt(lambda _: shared.hit(item, *key))
            if allowed is not None:
                return allowed
        return await self._local.hit(item, *key)

    async def _seconds_left(self, item: RateLimitItem, key: tuple[str, str]) -> int:
        """Seconds until the window ends, at least 1."""
        stats = None
        if shared := self._shared:
            stats = await self._cache.attempt(lambda _: shared.get_window_stats(item, *key))
        stats = stats or await self._local.get_window_stats(item, *key)
        return max(1, round(stats.reset_time - time.time()))
