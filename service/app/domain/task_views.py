"""Tasks as clients see them: with their comments and the number of shares."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.access import Level, level_of, require
from app.domain.accounts import Caller
from app.errors import TaskNotFound
from app.models import MAX_ID, Comment, Share, Task, User

View = dict[str, Any]

SHARE_COUNT = (
    select(func.count())
    .where(Share.task_id == Task.id)
    .correlate(Task)
    .scalar_subquery()
    .label("share_count")
)
COLUMNS = (
    Task.id,
    Task.title,
    Task.description,
    Task.completed,
    Task.priority,
    Task.created_at,
    Task.due_date,
    Task.tags,
    Task.user_id,
    SHARE_COUNT,
)
COMMENT_COLUMNS = (
    Comment.id,
    Comment.task_id,
    Comment.user_id,
    Comment.content,
    Comment.created_at,
    Comment.updated_at,
    User.username,
)


async def load(session: AsyncSession, statement: Executable) -> list[View]:
    """The rows of a statement over COLUMNS, each with its comments: two statements in all."""
    views = [dict(row) for row in (await session.execute(statement)).mappings()]
    comments = await comments_of(session, [view["id"] for view in views])
    for view in views:
        view["comments"] = comments[view["id"]]
    return views


async def comments_of(session: AsyncSession, task_ids: Sequence[int]) -> dict[int, list[View]]:
    """Each task's comments, oldest first."""
    statement = (
        select(*COMMENT_COLUMNS)
        .join(User, User.id == Comment.user_id)
        .where(Comment.task_id == func.any(list(task_ids)))
        .order_by(Comment.task_id, Comment.id)
    )
    found: dict[int, list[View]] = defaultdict(list)
    for row in (await session.execute(statement)).mappings():
        found[row["task_id"]].append(dict(row))
    return found


async def one(session: AsyncSession, task_id: int) -> View:
    """The task as it is now in this transaction."""
    await session.flush()
    return (await load(session, select(*COLUMNS).where(Task.id == task_id)))[0]


async def visible(session: AsyncSession, caller: Caller, task_id: int) -> View:
    """The task, if the caller may see it."""
    mine = (
        select(Share.permission)
        .where(Share.task_id == Task.id, Share.shared_with_user_id == caller.id)
        .correlate(Task)
        .scalar_subquery()
        .label("permission")
    )
    views: list[View] = []
    if 0 < task_id <= MAX_ID:
        views = await load(session, select(*COLUMNS, mine).where(Task.id == task_id))
    if not views:
        raise TaskNotFound(task_id)
    view = views[0]
    level = level_of(caller, owner_id=view["user_id"], permission=view.pop("permission"))
    require(level, at_least=Level.VIEW)
    return view
