"""Adding and removing single tags; the task is locked, so parallel changes merge."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import TagNotFound, Unprocessable
from app.schemas.names import DOT_SEGMENTS, MAX_TAGS
from app.services import stats, task_views
from app.services.access import Level, task_for
from app.services.accounts import Caller
from app.services.task_views import View


def require_valid(new: Iterable[str], present: Iterable[str]) -> None:
    """Raises Unprocessable for new tags that clients could not put into a path.

    A task may keep such a tag from before there was this rule.
    """
    if refused := DOT_SEGMENTS & (set(new) - set(present)):
        raise Unprocessable(f"Tags must not be {' or '.join(sorted(refused))}")


async def add(session: AsyncSession, caller: Caller, task_id: int, tags: list[str]) -> View:
    """Appends the tags that the task does not have yet."""
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
    """Removes one tag; raises TagNotFound."""
    task = await task_for(session, caller, task_id, at_least=Level.EDIT, lock="write")
    if tag not in task.tags:
        raise TagNotFound(task_id, tag)
    task.tags = [kept for kept in task.tags if kept != tag]
    await session.flush()
    stats.invalidate(session, task.user_id)
    return await task_views.one(session, task.id)
