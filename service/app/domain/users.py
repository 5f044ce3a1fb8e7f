"""Who one is and whom one can share with."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.accounts import Caller
from app.domain.task_list import containing
from app.domain.task_views import View
from app.models import User


async def profile(session: AsyncSession, caller: Caller) -> View:
    columns = select(
        User.id,
        User.username,
        User.email,
        User.created_at,
        User.avatar_url,
        User.email_verified,
    )
    return dict((await session.execute(columns.where(User.id == caller.id))).mappings().one())


async def search(session: AsyncSession, caller: Caller, *, words: str, limit: int) -> list[View]:
    """Other people whose name contains the words, in any case."""
    statement = (
        select(User.id, User.username)
        .where(User.username.ilike(containing(words)), User.id != caller.id)
        .order_by(func.lower(User.username), User.id)
        .limit(limit)
    )
    return [dict(row) for row in (await session.execute(statement)).mappings()]
