"""Creating, changing and deleting tasks."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.persistence import turns
from app.persistence.models import Comment, Task, TaskFile
from app.services import activity, events, stats, tags, task_views
from app.services.access import Level, task_for
from app.services.accounts import Caller
from app.services.task_views import View


async def create(session: AsyncSession, caller: Caller, fields: dict[str, Any]) -> View:
    """Creates a task of the caller."""
    await turns.take(session, caller.id)
    task = Task(user_id=caller.id, **fields)
    session.add(task)
    await session.flush()
    activity.record(
        session,
        actor_id=caller.id,
        action="created",
        resource=("task", task.id),
        task_id=task.id,
        details=_snapshot(task),
    )
    stats.invalidate(session, task.user_id)
    return {
        **fields,
        "id": task.id,
        "user_id": task.user_id,
        "created_at": task.created_at,
        "comments": [],
        "share_count": 0,
    }


def apply(task: Task, changes: dict[str, Any]) -> None:
    """Sets the fields in `changes`; raises Unprocessable for a tag that is not accepted."""
    tags.require_valid(changes.get("tags", ()), task.tags)
    for name, value in changes.items():
        setattr(task, name, value)


async def delete(
    session: AsyncSession,
    caller: Caller,
    task_id: int,
    *,
    check: Callable[[View], None] | None = None,
) -> None:
    """Deletes the task with its comments, shares and files; its log entries stay.

    `check` may refuse the task as it is.
    """
    task = await task_for(session, caller, task_id, at_least=Level.OWNER, lock="delete")
    if check:
        check(await task_views.one(session, task.id))
    authors = select(Comment.user_id).where(Comment.task_id == task.id).distinct()
    affected = {task.user_id, *(await session.scalars(authors))}
    stored = select(TaskFile.stored_filename).where(TaskFile.task_id == task.id)
    names = tuple(await session.scalars(stored))
    activity.record(
        session,
        actor_id=caller.id,
        action="deleted",
        resource=("task", task.id),
        task_id=task.id,
        details=_snapshot(task),
    )
    await session.flush()
    await session.execute(delete_from(Task).where(Task.id == task.id))
    if names:
        events.announce(session, events.FilesDeleted(names))
    stats.invalidate(session, *affected)


def _snapshot(task: Task) -> dict[str, Any]:
    names = ("title", "priority", "completed", "tags", "due_date")
    return {name: getattr(task, name) for name in names}
