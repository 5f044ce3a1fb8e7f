"""Sharing tasks with other users."""

from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import BadRequest, Conflict, NotFound, quoted
from app.persistence.models import Comment, Share, Task, User
from app.persistence.read_queries import Reader, SessionReader
from app.services import activity, bounds, events, stats, task_views, usernames
from app.services.access import Level, require_level, task_for
from app.services.accounts import Caller
from app.services.task_views import View

COLUMNS = (
    Share.id,
    Share.task_id,
    Share.shared_with_user_id,
    User.username.label("shared_with_username"),
    Share.permission,
    Share.shared_at,
)
SHARES = select(*COLUMNS).join(User, User.id == Share.shared_with_user_id)
ONE = SHARES.where(Share.id == bindparam("share_id"))
OF_TASK = SHARES.where(Share.task_id == bindparam("task_id")).order_by(Share.id)
NEWEST = (
    select(Share.id, Share.task_id, Share.permission)
    .where(Share.shared_with_user_id == bindparam("caller_id"))
    .order_by(Share.id.desc())
    .limit(bounds.TASKS_SHARED_WITH_CALLER)
    .subquery()
)
# The comments of a task and of those that were shared later.
COMMENTS_SO_FAR = func.sum(
    select(func.count()).where(Comment.task_id == NEWEST.c.task_id).scalar_subquery()
).over(order_by=NEWEST.c.id.desc())
COUNTED = select(NEWEST, COMMENTS_SO_FAR.label("comments_so_far")).subquery()
# Other users decide how many tasks they share: older ones give way to a list that stays small.
WITH_CALLER = (
    select(
        *task_views.COLUMNS,
        COUNTED.c.permission.label("permission"),
        User.username.label("owner_username"),
    )
    .join(COUNTED, COUNTED.c.task_id == Task.id)
    .join(User, User.id == Task.user_id)
    .where(COUNTED.c.comments_so_far <= bounds.COMMENTS_OF_TASKS)
    .order_by(COUNTED.c.id)
)


async def of_task(reader: Reader, caller: Caller, task_id: int) -> list[View]:
    """The shares of a task, oldest first."""
    await require_level(reader, caller, task_id, at_least=Level.OWNER)
    return await reader.rows(OF_TASK, task_id=task_id)


async def share(
    session: AsyncSession, caller: Caller, task_id: int, *, username: str, permission: str
) -> View:
    """Shares a task and announces it to the other user."""
    task = await task_for(session, caller, task_id, at_least=Level.OWNER, lock="keep")
    recipient = await _user(session, username)
    if recipient.id == caller.id:
        raise BadRequest("A task cannot be shared with its owner")
    await bounds.require_room(
        session, of_task=Share.task_id, task_id=task.id, most=bounds.SHARES, things="shares"
    )
    statement = (
        insert(Share)
        .values(
            task_id=task.id,
            shared_with_user_id=recipient.id,
            shared_by_user_id=caller.id,
            permission=permission,
        )
        .on_conflict_do_nothing()
        .returning(Share.id)
    )
    share_id = await session.scalar(statement)
    if share_id is None:
        raise Conflict(f"The task is already shared with {recipient.username}")
    activity.record(
        session,
        actor_id=caller.id,
        action="shared",
        resource=("task", task.id),
        task_id=task.id,
        details={
            "shared_with_user_id": recipient.id,
            "shared_with_username": recipient.username,
            "permission": permission,
        },
    )
    event = events.TaskShared(task.title, caller.username, recipient.id, permission)
    events.announce(session, event)
    stats.invalidate(session, caller.id)
    return await _view(session, share_id)


async def change(
    session: AsyncSession, caller: Caller, task_id: int, *, username: str, permission: str
) -> View:
    """Changes the permission of a user who has one."""
    task = await task_for(session, caller, task_id, at_least=Level.OWNER, lock="keep")
    theirs = _share_of(task, (await _user(session, username)).id)
    statement = update(Share).where(*theirs).values(permission=permission)
    share_id = await session.scalar(statement.returning(Share.id))
    if share_id is None:
        raise NotFound("The task is not shared with this user")
    return await _view(session, share_id)


async def unshare(session: AsyncSession, caller: Caller, task_id: int, *, username: str) -> None:
    """Withdraws a share."""
    task = await task_for(session, caller, task_id, at_least=Level.OWNER, lock="keep")
    user = await _user(session, username)
    statement = delete(Share).where(*_share_of(task, user.id)).returning(Share.id)
    if await session.scalar(statement) is None:
        raise NotFound("The task is not shared with this user")
    activity.record(
        session,
        actor_id=caller.id,
        action="unshared",
        resource=("task", task.id),
        task_id=task.id,
        details={"unshared_user_id": user.id, "unshared_username": user.username},
    )
    stats.invalidate(session, caller.id)


async def with_caller(reader: Reader, caller: Caller) -> list[dict[str, Any]]:
    """The tasks that other users share with the caller, the newest share last."""
    return [
        {
            "permission": view.pop("permission"),
            "owner_username": view.pop("owner_username"),
            "is_owner": False,
            "task": view,
        }
        for view in await task_views.load(reader, WITH_CALLER, caller_id=caller.id)
    ]


def _share_of(task: Task, user_id: int) -> tuple[Any, Any]:
    return Share.task_id == task.id, Share.shared_with_user_id == user_id


async def _view(session: AsyncSession, share_id: int) -> View:
    [view] = await SessionReader(session).rows(ONE, share_id=share_id)
    return view


async def _user(session: AsyncSession, username: str) -> User:
    named = select(User).where(usernames.has_name(username))
    user = await session.scalar(named.order_by(usernames.exact_first(username)).limit(1))
    if user is None:
        raise NotFound(f"There is no user {quoted(username)}")
    return user
