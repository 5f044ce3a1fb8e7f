"""Adding and removing single tags. The task stays locked, so parallel changes merge."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import TagNotFound, Unprocessable
from app.schemas.fields import MAX_TAGS
from app.services import stats, task_views
from app.services.access import Level, task_for
from app.services.accounts import Caller
from app.services.task_views import View


async def add(session: AsyncSession, caller: Caller, task_id: int, tags: list[str]) -> View:
    """Appends the tags that the task does not carry yet."""
    task = await task_for(session, caller, task_id, at_least=Level.EDIT, lock="write")
    merged = list(dict.fromkeys([*task.tags, *tags]))
    if len(merged) > MAX_TAGS:
        raise Unprocessable(f"A task carries at most {MAX_TAGS} tags")
    if merged != task.tags:
        task.tags = merged
        await session.flush()
        stats.invalidate(session, task.user_id)
    return await task_views.one(session, task.id)


async def remove(session: AsyncSession, caller: Caller, task_id: int, tag: str) -> View:
    task = await task_for(session, caller, task_id, at_least=Level.EDIT, lock="write")
    if tag not in task.tags:
        raise TagNotFound(task_id, tag)
    task.tags = [each for each in task.tags if each != tag]
    await session.flush()
    stats.invalidate(session, task.user_id)
    return await task_views.one(session, task.id)
