"""The mails that a user wants."""

from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.persistence import turns
from app.persistence.models import NotificationPreferences, User
from app.persistence.read_queries import Reader, Row, SessionReader
from app.services.accounts import Caller

# Of users without a row: those who have never read their preferences.
DEFAULTS = {
    "email_enabled": True,
    "task_shared_with_me": True,
    "task_completed": False,
    "comment_on_my_task": True,
    "task_due_soon": True,
}


READ = select(NotificationPreferences).where(
    NotificationPreferences.user_id == bindparam("caller_id")
)
# With the defaults; two at once make one row. Waits for a verification in progress.
CREATE = (
    insert(NotificationPreferences)
    .from_select(
        ["user_id", "email_verified"],
        select(User.id, User.email_verified)
        .where(User.id == bindparam("caller_id"))
        .with_for_update(read=True),
    )
    .on_conflict_do_nothing()
)
ADDRESS = select(User.email).where(User.id == bindparam("caller_id"))


async def preferences(reader: Reader, caller: Caller) -> Row:
    """The caller's preferences; the first call creates the row. Needs no transaction."""
    row = await reader.row(READ, caller_id=caller.id)
    if row is None:
        await reader.rows(CREATE, caller_id=caller.id)
        [row] = await reader.rows(READ, caller_id=caller.id)
    return row


async def change(session: AsyncSession, caller: Caller, changes: dict[str, bool]) -> Row:
    """Changes the named flags; returns all preferences."""
    await turns.take(session, caller.id)
    if changes:
        await (await session.connection()).execute(CREATE, {"caller_id": caller.id})
        statement = update(NotificationPreferences).values(**changes, updated_at=datetime.now(UTC))
        await session.execute(statement.where(NotificationPreferences.user_id == caller.id))
    return await preferences(SessionReader(session), caller)


async def address(reader: Reader, caller: Caller) -> str:
    """The caller's mail address."""
    return await reader.value(ADDRESS, caller_id=caller.id)
