"""Password changes, and the reset of a forgotten password by mail."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import BadRequest
from app.persistence import turns
from app.persistence.models import User
from app.services import events
from app.services.accounts import Caller
from app.services.rate_limits import RESET_ADDRESS, RateLimiter
from app.services.security import Passwords, digest

RESET_LIFETIME = timedelta(minutes=30)


async def change(
    session: AsyncSession, passwords: Passwords, caller: Caller, *, current: str, new: str
) -> None:
    """Changes the password and ends all tokens but the one of this request."""
    await turns.take(session, caller.id)
    columns = select(User.hashed_password, User.email).where(User.id == caller.id)
    hashed, email = (await session.execute(columns)).one()
    # Returns the connection before the slow hash.
    await session.commit()
    if not await passwords.matches(current, hashed):
        raise BadRequest("The current password is wrong")
    passwords.rules.require(new, username=caller.username, email=email)
    values = await _replaced(passwords, new) | {"kept_token": caller.token_digest}
    unchanged = User.hashed_password == hashed
    statement = update(User).where(User.id == caller.id, unchanged).values(values)
    if await session.scalar(statement.returning(User.id)) is None:
        raise BadRequest("The current password is wrong")


async def request_reset(session: AsyncSession, rate_limiter: RateLimiter, *, email: str) -> None:
    """Mails a reset link. A caller cannot see whether the address is known.

    Raises TooManyRequests when the address has had its mails, known or not.
    """
    await rate_limiter.hit(RESET_ADDRESS, digest(email.lower()))
    token = secrets.token_urlsafe(32)
    statement = (
        update(User)
        .where(func.lower(User.email) == func.lower(email))
        .values(
            password_reset_token=digest(token),
            password_reset_token_expires=datetime.now(UTC) + RESET_LIFETIME,
        )
        .returning(User.email)
    )
    address = await session.scalar(statement)
    if address is not None:
        events.announce(session, events.PasswordResetRequested(address, token))


async def reset(session: AsyncSession, passwords: Passwords, *, token: str, new: str) -> None:
    """Sets the password; ends the reset token and all login tokens."""
    holder = User.password_reset_token == digest(token)
    columns = (User.password_reset_token_expires, User.username, User.email)
    account = (await session.execute(select(*columns).where(holder))).one_or_none()
    if account is None or account.password_reset_token_expires is None:
        raise BadRequest("This reset link is unknown or was used already")
    if account.password_reset_token_expires < datetime.now(UTC):
        raise BadRequest("This reset link has expired")
    passwords.rules.require(new, username=account.username, email=account.email)
    # Returns the connection before the slow hash.
    await session.commit()
    values = await _replaced(passwords, new)
    statement = update(User).where(holder).values(values).returning(User.id)
    if await session.scalar(statement) is None:
        raise BadRequest("This reset link is unknown or was used already")


async def _replaced(passwords: Passwords, new: str) -> dict[str, Any]:
    return {
        "hashed_password": await passwords.hash(new),
        "token_version": User.token_version + 1,
        "kept_token": None,
        "password_reset_token": None,
        "password_reset_token_expires": None,
    }
