"""Tasks in the form of answers: with their comments and the number of shares."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ARRAY, Integer, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import BadRequest, TaskNotFound
from app.persistence.models import MAX_ID, Comment, Share, Task, User
from app.persistence.read_queries import Reader, Row, SessionReader, Statement
from app.services import bounds
from app.services.access import PERMISSION, Level, level_of, require
from app.services.accounts import Caller

View = Row

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
# Of a single task: most have no comment, and need no second statement.
COMMENTED = exists().where(Comment.task_id == Task.id).correlate(Task).label("commented")

ONE = select(*COLUMNS).where(Task.id == bindparam("task_id"))
VISIBLE = select(*COLUMNS, COMMENTED, PERMISSION).where(Task.id == bindparam("task_id"))
COMMENTS = (
    select(*COMMENT_COLUMNS)
    .join(User, User.id == Comment.user_id)
    .where(Comment.task_id == func.any(bindparam("task_ids", type_=ARRAY(Integer))))
    .order_by(Comment.task_id, Comment.id)
    .limit(bindparam("most", type_=Integer))
)


async def load(reader: Reader, statement: Statement, **values: Any) -> list[View]:
    """The rows of a statement over COLUMNS with their comments, by two statements."""
    views = await reader.rows(statement, **values)
    comments = await comments_of(reader, [view["id"] for view in views])
    for view in views:
        view["comments"] = comments[view["id"]]
    return views


async def comments_of(reader: Reader, task_ids: list[int]) -> dict[int, list[View]]:
    """The comments by task, oldest first; raises BadRequest when those of many tasks are too many.

    So an answer has at most the comments of one task, or COMMENTS_OF_TASKS.
    """
    most = bounds.COMMENTS_OF_TASKS
    comments: dict[int, list[View]] = defaultdict(list)
    limit = most + 1 if len(task_ids) > 1 else None
    rows = await reader.rows(COMMENTS, task_ids=task_ids, most=limit)
    if limit and len(rows) > most:
        raise BadRequest(
            f"These {len(task_ids)} tasks have more than {most} comments: ask for fewer at a time"
        )
    for row in rows:
        comments[row["task_id"]].append(row)
    return comments


async def one(session: AsyncSession, task_id: int) -> View:
    """The task with the changes of this transaction."""
    await session.flush()
    [view] = await load(SessionReader(session), ONE, task_id=task_id)
    return view


async def visible(reader: Reader, caller: Caller, task_id: int) -> View:
    """The task; raises TaskNotFound or PermissionDenied."""
    row = None
    if 0 < task_id <= MAX_ID:
        row = await reader.row(VISIBLE, task_id=task_id, caller_id=caller.id)
    if row is None:
        raise TaskNotFound(task_id)
    level = level_of(caller, owner_id=row["user_id"], permission=row.pop("permission"))
    require(level, at_least=Level.VIEW)
    return await with_comments(reader, row)


async def with_comments(reader: Reader, row: Row) -> View:
    """The view of a row over COLUMNS and COMMENTED."""
    if not row.pop("commented"):
        return {**row, "comments": []}
    comments = await comments_of(reader, [row["id"]])
    return {**row, "comments": comments[row["id"]]}
