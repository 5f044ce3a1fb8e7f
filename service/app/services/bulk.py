"""One change for many tasks: all of them or none."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import BadRequest, NotFound
from app.persistence import turns
from app.persistence.models import MAX_ID, Share, Task
from app.persistence.read_queries import SessionReader
from app.services import stats, task_views, tasks
from app.services.access import Level, level_of, require
from app.services.accounts import Caller
from app.services.task_views import View

# As many missing tasks as a message names.
LISTED = 10
MANY = select(*task_views.COLUMNS).where(
    Task.id == func.any(bindparam("task_ids", type_=ARRAY(Integer)))
)


async def update(
    session: AsyncSession, caller: Caller, task_ids: Sequence[int], changes: dict[str, Any]
) -> list[View]:
    """The changed tasks in the order of `task_ids`, without duplicates."""
    if not changes:
        raise BadRequest("There is nothing to change: send at least one field")
    wanted = list(dict.fromkeys(task_ids))
    tasks_by_id = await _locked(session, caller, wanted)
    if missing := [task_id for task_id in wanted if task_id not in tasks_by_id]:
        listed = ", ".join(map(str, missing[:LISTED]))
        others = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        raise NotFound(f"Tasks not found: {listed}{others}")
    await _require_edit(session, caller, tasks_by_id.values())
    for task in tasks_by_id.values():
        tasks.apply(task, changes)
    await session.flush()
    if changes.keys() & stats.COUNTED:
        stats.invalidate(session, *{task.user_id for task in tasks_by_id.values()})
    changed = await task_views.load(SessionReader(session), MANY, task_ids=wanted)
    views = {view["id"]: view for view in changed}
    return [views[task_id] for task_id in wanted]


async def _locked(session: AsyncSession, caller: Caller, task_ids: list[int]) -> dict[int, Task]:
    """Locks in order of id, so that two bulk changes cannot deadlock."""
    possible = [task_id for task_id in task_ids if 0 < task_id <= MAX_ID]
    await turns.take(session, caller.id, *possible)
    statement = select(Task).where(Task.id == func.any(possible)).order_by(Task.id)
    rows = await session.scalars(statement.with_for_update(key_share=True))
    return {task.id: task for task in rows}


async def _require_edit(session: AsyncSession, caller: Caller, changed: Collection[Task]) -> None:
    others = [task.id for task in changed if task.user_id != caller.id]
    shares: dict[int, str] = {}
    if others:
        mine = select(Share.task_id, Share.permission).where(
            Share.task_id == func.any(others), Share.shared_with_user_id == caller.id
        )
        shares = {row.task_id: row.permission for row in await session.execute(mine)}
    for task in changed:
        level = level_of(caller, owner_id=task.user_id, permission=shares.get(task.id))
        require(level, at_least=Level.EDIT)
