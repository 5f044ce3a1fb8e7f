"""Which mails a user wants."""

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.accounts import Caller
from app.models import NotificationPreferences, User

# Of whoever has never looked at them, and so has no row.
DEFAULTS = {
    "email_enabled": True,
    "task_shared_with_me": True,
    "task_completed": False,
    "comment_on_my_task": True,
    "task_due_soon": True,
}


async def preferences(session: AsyncSession, caller: Caller) -> NotificationPreferences:
    """The caller's row, made on first sight. Each statement stands alone: no transaction needed."""
    statement = select(NotificationPreferences).where(NotificationPreferences.user_id == caller.id)
    found = await session.scalar(statement)
    if found is None:
        await _create(session, caller)
        found = (await session.scalars(statement)).one()
    return found


async def change(
    session: AsyncSession, caller: Caller, changes: dict[str, bool]
) -> NotificationPreferences:
    if not changes:
        return await preferences(session, caller)
    await _create(session, caller)
    statement = (
        update(NotificationPreferences)
        .where(NotificationPreferences.user_id == caller.id)
        .values(**changes, updated_at=datetime.now(UTC))
        .returning(NotificationPreferences)
    )
    return (await session.scalars(statement)).one()


async def address(session: AsyncSession, caller: Caller) -> str:
    return (await session.scalars(select(User.email).where(User.id == caller.id))).one()


async def _create(session: AsyncSession, caller: Caller) -> None:
    """With the defaults; two at once make one row. A verification under way is waited for."""
    verified = select(User.id, User.email_verified).where(User.id == caller.id)
    verified = verified.with_for_update(read=True)
    row = insert(NotificationPreferences).from_select(["user_id", "email_verified"], verified)
    await session.execute(row.on_conflict_do_nothing())
