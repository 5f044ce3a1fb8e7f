"""Limits wrong passwords for one name, from however many addresses.

An address from which the account has logged in is known: the guesses of others do not keep the
owner out. It has the limit on logins of one address.
"""

import unicodedata
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from app.errors import WrongCredentials
from app.persistence.cache import Cache
from app.services.rate_limits import GUESSES, RateLimiter
from app.services.security import digest

KNOWN_SECONDS = 30 * 24 * 3600


@asynccontextmanager
async def counted(
    rate_limiter: RateLimiter, cache: Cache, *, username: str, address: str
) -> AsyncGenerator[None]:
    """Counts the login of its block when it raises WrongCredentials.

    Raises TooManyRequests when the name has had its guesses, whether it is a user's or not.
    """
    name = digest(unicodedata.normalize("NFKC", username).casefold())
    known = f"login:{digest(f'{name} {address}')}"
    is_known = await cache.get(known) is not None
    if not is_known:
        await rate_limiter.check(GUESSES, name)
    try:
        yield
    except WrongCredentials:
        if not is_known:
            await rate_limiter.hit(GUESSES, name)
        raise
    await cache.put(known, b"1", ttl=KNOWN_SECONDS)
