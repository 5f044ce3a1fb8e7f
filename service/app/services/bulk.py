"""The same change to many tasks: all of them or none."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import BadRequest, NotFound
from app.persistence.models import MAX_ID, Share, Task
from app.persistence.read_queries import SessionReader
from app.services import stats, task_views, tasks
from app.services.access import Level, level_of, require
from app.services.accounts import Caller
from app.services.task_views import View

MANY = select(*task_views.COLUMNS).where(
    Task.id == func.any(bindparam("task_ids", type_=ARRAY(Integer)))
)


async def update(
    session: AsyncSession, caller: Caller, task_ids: Sequence[int], changes: dict[str, Any]
) -> list[View]:
    """The changed tasks in the order asked for, each once."""
    if not changes:
        raise BadRequest("No fields to update")
    wanted = list(dict.fromkeys(task_ids))
    found = await _locked(session, wanted)
    if missing := [task_id for task_id in wanted if task_id not in found]:
        raise NotFound(f"Tasks not found: {', '.join(map(str, missing))}")
    await _require_edit(session, caller, found)
    for task in found.values():
        tasks.apply(task, changes)
    await session.flush()
    stats.invalidate(session, *{task.user_id for task in found.values()})
    changed = await task_views.load(SessionReader(session), MANY, task_ids=wanted)
    views = {view["id"]: view for view in changed}
    return [views[task_id] for task_id in wanted]


async def _locked(session: AsyncSession, task_ids: list[int]) -> dict[int, Task]:
    """Locked in order of id, so that two bulk changes never wait for each other."""
    possible = [task_id for task_id in task_ids if 0 < task_id <= MAX_ID]
    statement = select(Task).where(Task.id == func.any(possible)).order_by(Task.id)
    found = await session.scalars(statement.with_for_update(key_share=True))
    return {task.id: task for task in found}


async def _require_edit(session: AsyncSession, caller: Caller, found: dict[int, Task]) -> None:
    others = [task.id for task in found.values() if task.user_id != caller.id]
    shares: dict[int, str] = {}
    if others:
        mine = select(Share.task_id, Share.permission).where(
            Share.task_id == func.any(others), Share.shared_with_user_id == caller.id
        )
        shares = {task_id: permission for task_id, permission in await session.execute(mine)}
    for task in found.values():
        level = level_of(caller, owner_id=task.user_id, permission=shares.get(task.id))
        require(level, at_least=Level.EDIT)
