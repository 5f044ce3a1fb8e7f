"""The caller's profile, and the search for other users."""

import unicodedata

from sqlalchemy import bindparam, func, or_, select

from app.persistence.models import User
from app.persistence.read_queries import Reader, planned_anew
from app.services.accounts import Caller
from app.services.task_list import containing
from app.services.task_views import View

PROFILE = select(
    User.id,
    User.username,
    User.email,
    User.created_at,
    User.avatar_url,
    User.email_verified,
).where(User.id == bindparam("caller_id"))
SEARCH = planned_anew(
    select(User.id, User.username)
    .where(
        or_(User.username.ilike(bindparam("pattern")), User.username.ilike(bindparam("normal"))),
        User.id != bindparam("caller_id"),
    )
    .order_by(func.lower(User.username), User.id)
    .limit(bindparam("limit"))
)


async def profile(reader: Reader, caller: Caller) -> View:
    """The caller's own account."""
    [view] = await reader.rows(PROFILE, caller_id=caller.id)
    return view


async def search(reader: Reader, caller: Caller, *, words: str, limit: int) -> list[View]:
    """Other users whose name contains the words, in any case."""
    return await reader.rows(
        SEARCH,
        pattern=containing(words),
        normal=containing(unicodedata.normalize("NFKC", words)),
        caller_id=caller.id,
        limit=limit,
    )
