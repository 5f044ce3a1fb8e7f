"""Password hashes and tokens."""

import asyncio
import hashlib
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import NotAuthenticated
from app.services.password_rules import PasswordRules
from app.settings import Settings
from app.turns import Turns

# In one process. More would wait for the same cores, each with its memory.
PARALLEL_HASHES = 2
# Their thread's nice value: with free cores it changes nothing; without, the event loop, Postgres
# and Redis come first, and so the requests of others.
NICE = 10

T = TypeVar("T")


class Passwords:
    """argon2id in threads of low priority, so that logins do not slow other requests.

    All calls wait for their turn, and raise Unavailable when too many wait.
    """

    def __init__(self, settings: Settings) -> None:
        self.rules = PasswordRules(settings)
        self._hasher = PasswordHasher(
            time_cost=settings.password_time_cost,
            memory_cost=settings.password_memory_cost,
            parallelism=1,
        )
        self._turns = Turns(
            slots=PARALLEL_HASHES, busy="Too many passwords are being checked. Try again"
        )
        self._threads = ThreadPoolExecutor(
            PARALLEL_HASHES, thread_name_prefix="argon2", initializer=_lower_priority
        )
        # Verified for unknown users, so that the answer takes as long as for known ones.
        self._dummy_hash = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._in_turn(lambda: self._hasher.hash(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether the password is right; False for None, after as much work."""
        right = await self._in_turn(lambda: self._verify(password, hashed or self._dummy_hash))
        return right and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made at another cost than the present one."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        async with self._turns.of(0):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _lower_priority() -> None:
    """Of this thread alone, which only Linux can."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


@dataclass(frozen=True)
class Claims:
    """The content of a valid token."""

    username: str
    version: int
    digest: str


class Tokens:
    """Signed bearer tokens. `ver` is the account's token version when it was issued."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.secret_key.get_secret_value()
        self._algorithm = settings.algorithm
        self._lifetime = timedelta(minutes=settings.access_token_expire_minutes)

    def issue(self, username: str, version: int) -> str:
        """A new token."""
        expires = datetime.now(UTC) + self._lifetime
        # The random part makes tokens of two logins in one second different.
        claims = {"sub": username, "exp": expires, "ver": version, "jti": secrets.token_hex(8)}
        return jwt.encode(claims, self._key, algorithm=self._algorithm)

    def read(self, token: str) -> Claims:
        """The content of a token; raises NotAuthenticated if it is forged or expired."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                options={"require": ["sub", "exp"]},
            )
            version = int(claims.get("ver", 0))
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise NotAuthenticated("This token is not valid any more: log in again") from error
        if "\0" in claims["sub"]:
            # No account has such a name, and Postgres would refuse the query.
            raise NotAuthenticated("This token is not valid any more: log in again")
        return Claims(claims["sub"], version, digest(token))


def digest(secret: str) -> str:
    """The form in which a random secret is stored: it does not reveal the secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
