"""Permissions on tasks."""

from enum import IntEnum
from typing import Literal

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import PermissionDenied, TaskNotFound
from app.persistence import turns
from app.persistence.models import MAX_ID, Share, Task
from app.persistence.read_queries import Reader
from app.services.accounts import Caller

# keep: no other transaction deletes the task, as this one adds a row that refers to it.
# write: no other transaction writes it. delete: none adds rows that refer to it either.
Lock = Literal["keep", "write", "delete"]
SHARED: set[Lock] = {"keep"}
KEEPS_KEY: set[Lock] = {"keep", "write"}

# In a statement on tasks: the permission that a share gives the caller, or null.
PERMISSION = (
    select(Share.permission)
    .where(Share.task_id == Task.id, Share.shared_with_user_id == bindparam("caller_id"))
    .correlate(Task)
    .scalar_subquery()
    .label("permission")
)
LEVEL = select(Task.user_id.label("owner_id"), PERMISSION).where(Task.id == bindparam("task_id"))


class Level(IntEnum):
    """Each level includes the ones below it."""

    NONE = 0
    VIEW = 1
    EDIT = 2
    OWNER = 3


def level_of(caller: Caller, *, owner_id: int, permission: str | None) -> Level:
    """The caller's level. `permission` is that of the caller's share, or None without one."""
    if owner_id == caller.id:
        return Level.OWNER
    return Level[permission.upper()] if permission else Level.NONE


def require(level: Level, *, at_least: Level) -> None:
    """Raises PermissionDenied below the needed level."""
    if level < at_least:
        wanted = "the owner" if at_least is Level.OWNER else f"{at_least.name.lower()} access"
        raise PermissionDenied(f"This needs {wanted} on the task")


async def task_for(
    session: AsyncSession, caller: Caller, task_id: int, *, at_least: Level, lock: Lock
) -> Task:
    """The task, locked until the commit. Raises TaskNotFound or PermissionDenied."""
    task = None
    if 0 < task_id <= MAX_ID:
        await turns.take(session, caller.id, *([] if lock in SHARED else [task_id]))
        statement = select(Task).where(Task.id == task_id)
        locked = statement.with_for_update(read=lock in SHARED, key_share=lock in KEEPS_KEY)
        task = await session.scalar(locked)
    if task is None:
        raise TaskNotFound(task_id)
    permission = None
    if task.user_id != caller.id:
        mine = select(Share.permission).where(Share.task_id == task.id)
        permission = await session.scalar(mine.where(Share.shared_with_user_id == caller.id))
    level = level_of(caller, owner_id=task.user_id, permission=permission)
    require(level, at_least=at_least)
    return task


async def require_level(reader: Reader, caller: Caller, task_id: int, *, at_least: Level) -> None:
    """Raises TaskNotFound or PermissionDenied; one statement, no lock."""
    row = None
    if 0 < task_id <= MAX_ID:
        row = await reader.row(LEVEL, task_id=task_id, caller_id=caller.id)
    if row is None:
        raise TaskNotFound(task_id)
    require(level_of(caller, **row), at_least=at_least)
