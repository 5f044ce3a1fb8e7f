"""Rate limits over fixed windows, counted in Redis, or in this process while Redis is away."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.errors import TooManyRequests
from app.persistence.cache import Cache
from app.settings import Settings

HOUR = 3600


@dataclass(frozen=True)
class RateLimit:
    """A named number of requests per unit of time."""

    name: str
    item: RateLimitItem


REGISTER = RateLimit("register", RateLimitItemPerHour(10))
LOGIN = RateLimit("login", RateLimitItemPerMinute(5))
PASSWORD_RESET = RateLimit("password-reset", RateLimitItemPerMinute(1))
# Wrong passwords for one name, from all addresses together.
GUESSES = RateLimit("guesses", RateLimitItemPerHour(100))
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
# All changes by an account: far above the need of a person or a script.
WRITE = RateLimit("write", RateLimitItemPerHour(10_000))


class RateLimiter:
    """Counts requests per client, account or address, and refuses those above a limit.

    This process counts too. So a client does not start anew when Redis fails, and then has half of
    each limit, as other processes count on their own.
    """

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._enabled = not settings.testing
        self._cache = cache
        self._here = MemoryStorage()
        self._writes = WritesOfHour()
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
            left = await self._here.get(limit.item.key_for(*key)) < self._most_here(limit.item)
        if not left:
            raise TooManyRequests(str(limit.item), await self._seconds_left(limit.item, key))

    def write(self, account_id: int) -> None:
        """Counts a change; raises TooManyRequests above WRITE.

        Each process has its own count: a trip to Redis costs as much as many changes.
        """
        if self._enabled and self._writes.add(account_id) > WRITE.item.amount:
            raise TooManyRequests(str(WRITE.item), self._writes.seconds_left())

    async def _allows(self, item: RateLimitItem, key: tuple[str, str]) -> bool:
        count = await self._here.incr(item.key_for(*key), item.get_expiry())
        if shared := self._shared:
            allowed = await self._cache.attempt(lambda _: shared.hit(item, *key))
            if allowed is not None:
                return allowed
        return count <= self._most_here(item)

    def _most_here(self, item: RateLimitItem) -> int:
        return item.amount if self._shared is None else max(1, item.amount // 2)

    async def _seconds_left(self, item: RateLimitItem, key: tuple[str, str]) -> int:
        """Seconds until the window ends, at least 1."""
        stats = None
        if shared := self._shared:
            stats = await self._cache.attempt(lambda _: shared.get_window_stats(item, *key))
        end = stats.reset_time if stats else await self._here.get_expiry(item.key_for(*key))
        return max(1, round(end - time.time()))


class WritesOfHour:
    """The changes of each account in the present hour, in this process."""

    def __init__(self) -> None:
        self._hour = 0
        self._counts: Counter[int] = Counter()

    def add(self, account_id: int) -> int:
        """The number of changes with this one."""
        hour = int(time.time() // HOUR)
        if hour != self._hour:
            self._hour, self._counts = hour, Counter()
        self._counts[account_id] += 1
        return self._counts[account_id]

    def seconds_left(self) -> int:
        """Until the hour ends, at least 1."""
        return max(1, round((self._hour + 1) * HOUR - time.time()))
