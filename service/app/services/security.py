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

# More at once would only queue for the same cores, each holding its memory.
PARALLEL_HASHES = 4


class Passwords:
    """argon2id in a thread, so that a login does not stop the other requests."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_time_cost,
            memory_cost=settings.password_memory_cost,
            parallelism=1,
        )
        self._turn = asyncio.Semaphore(PARALLEL_HASHES)
        # Checked when there is no such user, so that the answer takes as long as for a real one.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        async with self._turn:
            right = await asyncio.to_thread(self._verify, password, hashed or self._nobody)
        return right and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


@dataclass(frozen=True)
class Claims:
    """What a valid token says."""

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
        expires = datetime.now(UTC) + self._lifetime
        # The random part makes two logins in one second two tokens.
        claims = {"sub": username, "exp": expires, "ver": version, "jti": secrets.token_hex(8)}
        return jwt.encode(claims, self._key, algorithm=self._algorithm)

    def read(self, token: str) -> Claims:
        """What the token says, if we signed it and its time is not over."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                options={"require": ["sub", "exp"]},
            )
            version = int(claims.get("ver", 0))
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise NotAuthenticated("Could not validate credentials") from error
        if "\0" in claims["sub"]:
            # No account has it, and Postgres would refuse the question.
            raise NotAuthenticated("Could not validate credentials")
        return Claims(claims["sub"], version, digest(token))


def digest(secret: str) -> str:
    """How a random secret is stored: useless to whoever reads the table."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
