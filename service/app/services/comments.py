"""Comments on tasks."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Forbidden, NotFound
from app.persistence import turns
from app.persistence.models import MAX_ID, Comment, Task, User
from app.persistence.read_queries import Reader
from app.services import activity, bounds, events, stats, task_views
from app.services.access import PERMISSION, Level, level_of, require, require_level, task_for
from app.services.accounts import Caller
from app.services.task_views import View

PREVIEW = 100


async def of_task(reader: Reader, caller: Caller, task_id: int) -> list[View]:
    """All of them, oldest first."""
    await require_level(reader, caller, task_id, at_least=Level.VIEW)
    return (await task_views.comments_of(reader, [task_id]))[task_id]


async def add(session: AsyncSession, caller: Caller, task_id: int, content: str) -> View:
    """Adds a comment and announces it to the task's owner."""
    task = await task_for(session, caller, task_id, at_least=Level.VIEW, lock="keep")
    await bounds.require_room(
        session,
        of_task=Comment.task_id,
        task_id=task.id,
        most=bounds.COMMENTS,
        things="comments",
    )
    comment = Comment(task_id=task.id, user_id=caller.id, content=content)
    session.add(comment)
    await session.flush()
    _record(session, caller, comment, "created", content_preview=content[:PREVIEW])
    if task.user_id != caller.id:
        event = events.CommentAdded(task.title, caller.username, task.user_id, content)
        events.announce(session, event)
    stats.invalidate(session, caller.id)
    return _view(comment, caller.username)


async def edit(session: AsyncSession, caller: Caller, comment_id: int, content: str) -> View:
    """Changes the text; only the author may, and only while the task is visible to them."""
    comment, _ = await _locked(session, caller, comment_id)
    if comment.user_id != caller.id:
        raise Forbidden("Only the author may edit a comment")
    old, comment.content = comment.content, content
    comment.updated_at = datetime.now(UTC)
    _record(
        session,
        caller,
        comment,
        "updated",
        old_content=old[:PREVIEW],
        new_content=content[:PREVIEW],
    )
    return _view(comment, caller.username)


async def delete(session: AsyncSession, caller: Caller, comment_id: int) -> None:
    """Deletes a comment; its author and the task's owner may."""
    comment, level = await _locked(session, caller, comment_id)
    if comment.user_id != caller.id and level < Level.OWNER:
        raise Forbidden("Only the author or the task's owner may delete a comment")
    _record(session, caller, comment, "deleted", content=comment.content[:PREVIEW])
    await session.execute(delete_from(Comment).where(Comment.id == comment.id))
    stats.invalidate(session, comment.user_id)


async def _locked(session: AsyncSession, caller: Caller, comment_id: int) -> tuple[Comment, Level]:
    """The comment, locked, and the caller's level on its task, which is at least VIEW."""
    row = None
    if 0 < comment_id <= MAX_ID:
        await turns.take(session, caller.id)
        statement = select(Comment, Task.user_id, PERMISSION).join(Task, Task.id == Comment.task_id)
        locked = statement.where(Comment.id == comment_id).with_for_update(of=Comment)
        row = (await session.execute(locked, {"caller_id": caller.id})).one_or_none()
    if row is None:
        raise NotFound(f"Comment {comment_id} does not exist")
    comment, owner_id, permission = row
    level = level_of(caller, owner_id=owner_id, permission=permission)
    require(level, at_least=Level.VIEW)
    return comment, level


def _record(
    session: AsyncSession,
    caller: Caller,
    comment: Comment,
    action: activity.Action,
    **details: Any,
) -> None:
    activity.record(
        session,
        actor_id=caller.id,
        action=action,
        resource=("comment", comment.id),
        task_id=comment.task_id,
        details={"task_id": comment.task_id, **details},
    )


def _view(comment: Comment, username: str) -> View:
    names = [column.key for column in task_views.COMMENT_COLUMNS if column is not User.username]
    return {name: getattr(comment, name) for name in names} | {"username": username}
