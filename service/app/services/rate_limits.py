"""Rate limits over fixed windows, counted in Redis and in this process while Redis is away."""

import time
from dataclasses import dataclass

from app.errors import TooManyRequests
from app.persistence.cache import Cache
from app.settings import Settings

# Beyond this many windows in memory the expired ones are thrown away.
MANY = 10_000


@dataclass(frozen=True)
class RateLimit:
    """So many requests per unit of time."""

    name: str
    number: int
    unit: str
    seconds: int

    def __str__(self) -> str:
        return f"{self.number} per 1 {self.unit}"


REGISTER = RateLimit("register", 10, "hour", 3600)
LOGIN = RateLimit("login", 5, "minute", 60)
PASSWORD_RESET = RateLimit("password-reset", 1, "minute", 60)
CREATE_TASK = RateLimit("create-task", 100, "hour", 3600)
UPLOAD = RateLimit("upload", 20, "hour", 3600)


class RateLimiter:
    """Counts and refuses."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self._enabled = not settings.testing
        self._cache = cache
        self._windows: dict[str, tuple[int, float]] = {}

    async def hit(self, limit: RateLimit, who: str | int) -> None:
        """Counts one request; raises TooManyRequests when it is one too many."""
        if not self._enabled:
            return
        key = f"limit:{limit.name}:{who}"
        counted = await self._cache.count(key, window=limit.seconds)
        number, left = counted or self._count_here(key, limit.seconds)
        if number > limit.number:
            raise TooManyRequests(str(limit), max(1, left))

    def _count_here(self, key: str, seconds: int) -> tuple[int, int]:
        now = time.monotonic()
        number, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            number, ends = 0, now + seconds
        if len(self._windows) > MANY:
            self._windows = {k: window for k, window in self._windows.items() if window[1] > now}
        self._windows[key] = (number + 1, ends)
        return number + 1, round(ends - now)
