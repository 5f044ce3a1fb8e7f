"""Password hashes and tokens."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import NotAuthenticated
from app.settings import Settings

# More would wait for the same cores, each with its memory.
PARALLEL_HASHES = 4


class Passwords:
    """argon2id in a thread, so that a login does not block other requests."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_time_cost,
            memory_cost=settings.password_memory_cost,
            parallelism=1,
        )
        self._turn = asyncio.Semaphore(PARALLEL_HASHES)
        # Verified for unknown users, so that the answer takes as long as for known ones.
        self._dummy_hash = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether the password is right; False for None, after as much work."""
        async with self._turn:
            right = await asyncio.to_thread(self._verify, password, hashed or self._dummy_hash)
        return right and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made at another cost than the present one."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


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
