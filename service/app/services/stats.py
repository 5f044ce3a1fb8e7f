"""A user's statistics, and the version that makes a cached copy valid.

Every change that a user's statistics depend on raises the user's `stats_version` in the same
transaction. The version is read with the account on each request, and a cached copy is valid only
for the version it was computed at. So no copy older than a committed write is served, whatever
happens to Redis, and no copy has to be deleted.
"""

from typing import Any

from sqlalchemy import Date, Integer, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.persistence.models import Comment, Share, Task, User
from app.persistence.read_queries import Reader
from app.services import bounds
from app.services.accounts import Caller
from app.services.task_list import is_overdue, today

TTL = 300
KEY = "invalidated"
# The fields of a task that its owner's statistics count.
COUNTED = frozenset({"completed", "priority", "tags", "due_date"})

CALLER = bindparam("caller_id", type_=Integer)
ALL = func.count()
PRIORITIES = (
    select(
        Task.priority,
        ALL.label("all"),
        ALL.filter(Task.completed).label("completed"),
        ALL.filter(is_overdue(bindparam("today", type_=Date))).label("overdue"),
    )
    .where(Task.user_id == CALLER)
    .group_by(Task.priority)
)
TAG = select(func.unnest(Task.tags).label("tag")).where(Task.user_id == CALLER).subquery()
# The most frequent ones, by name.
FREQUENT = (
    select(TAG.c.tag, ALL.label("number"))
    .group_by(TAG.c.tag)
    .order_by(ALL.desc(), TAG.c.tag)
    .limit(bounds.TAGS_OF_STATS)
    .subquery()
)
TAGS = select(FREQUENT).order_by(FREQUENT.c.tag)
# Own tasks that the caller shared, and the caller's comments on all tasks.
SOCIAL = select(
    select(func.count(Share.task_id.distinct()))
    .join(Task, Task.id == Share.task_id)
    .where(Share.shared_by_user_id == CALLER, Task.user_id == CALLER)
    .scalar_subquery()
    .label("tasks_shared"),
    select(ALL).where(Comment.user_id == CALLER).scalar_subquery().label("comments_posted"),
)


def cache_key(caller: Caller) -> str:
    """The key of the cached copy."""
    return f"stats:user_{caller.id}"


def stamp(caller: Caller) -> str:
    """The stamp of a valid cached copy. It has the day, as `overdue` depends on it."""
    return f"{caller.stats_version}@{today().isoformat()}"


def invalidate(session: AsyncSession, *user_ids: int) -> None:
    """Marks the statistics of these users as changed by this transaction."""
    session.info.setdefault(KEY, set()).update(user_ids)


async def flush(session: AsyncSession) -> None:
    """Raises the versions of the marked users.

    Call it right before the commit: the rows stay locked from here on.
    """
    user_ids: set[int] = session.info.pop(KEY, set())
    if not user_ids:
        return
    await session.flush()
    affected = User.id.in_(user_ids)
    if len(user_ids) > 1:
        # In order of id, so that two transactions cannot deadlock. A separate statement: one that
        # locks the newest version of a row and updates the version of its snapshot can deadlock
        # with transactions that add rows which refer to it.
        in_order = select(User.id).where(affected).order_by(User.id)
        await session.execute(in_order.with_for_update(key_share=True))
    raised = update(User).values(stats_version=User.stats_version + 1).where(affected)
    await session.execute(raised, execution_options={"synchronize_session": False})


async def compute(reader: Reader, caller: Caller) -> dict[str, Any]:
    """The present numbers, by three statements."""
    rows = await reader.rows(PRIORITIES, caller_id=caller.id, today=today())
    tags = await reader.rows(TAGS, caller_id=caller.id)
    [social] = await reader.rows(SOCIAL, caller_id=caller.id)
    total, completed = sum(row["all"] for row in rows), sum(row["completed"] for row in rows)
    return {
        "total": total,
        "completed": completed,
        "incomplete": total - completed,
        "by_priority": {row["priority"]: row["all"] for row in rows},
        "by_tag": {row["tag"]: row["number"] for row in tags},
        "overdue": sum(row["overdue"] for row in rows),
        **social,
    }
