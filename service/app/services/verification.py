"""Verification of mail addresses."""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import BadRequest
from app.mail.message import Mailer
from app.persistence import turns
from app.persistence.models import NotificationPreferences, User
from app.services import event_mails
from app.services.accounts import Caller
from app.services.rate_limits import VERIFICATION_ADDRESS, RateLimiter
from app.services.security import digest

LIFETIME = timedelta(hours=24)


async def send(
    session: AsyncSession,
    mailer: Mailer,
    caller: Caller,
    *,
    rate_limiter: RateLimiter,
    frontend_url: str,
) -> str:
    """Mails a new link, which replaces an earlier one; returns the address.

    Raises TooManyRequests when the address has had its mails: it may belong to another person.
    """
    token = secrets.token_urlsafe(32)
    await turns.take(session, caller.id)
    statement = (
        update(User)
        .where(User.id == caller.id)
        .values(verification_code=digest(token), verification_expires=datetime.now(UTC) + LIFETIME)
        .returning(User.email)
    )
    address = (await session.scalars(statement)).one()
    await rate_limiter.hit(VERIFICATION_ADDRESS, digest(address.lower()))
    # Before sending: the link must work when the mail arrives, and the connection is returned.
    await session.commit()
    await mailer.send(event_mails.verification(to=address, token=token, frontend_url=frontend_url))
    return address


async def verify(session: AsyncSession, token: str) -> str:
    """Verifies the address of the token's user; returns the username."""
    statement = (
        update(User)
        .where(
            User.verification_code == digest(token),
            User.verification_expires > datetime.now(UTC),
        )
        .values(email_verified=True, verification_code=None, verification_expires=None)
        .returning(User.id, User.username)
    )
    user = (await session.execute(statement)).one_or_none()
    if user is None:
        raise BadRequest("This link is unknown, was used already or has expired")
    preferences = update(NotificationPreferences).values(email_verified=True)
    await session.execute(preferences.where(NotificationPreferences.user_id == user.id))
    return user.username
