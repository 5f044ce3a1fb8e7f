"""A user's statistics, and how a cached copy is known to be too old.

Every change that a user's statistics depend on raises the user's `stats_version` in the same
transaction. The version is read with the account, on each request; a cached copy counts only for
the version it was computed at. So no cache can serve numbers older than a committed write, whatever
happens to Redis in between, and nothing has to be deleted.
"""

from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.accounts import Caller
from app.domain.task_list import is_overdue, today
from app.models import Comment, Share, Task, User

TTL = 300


def cache_key(caller: Caller) -> str:
    return f"stats:user_{caller.id}"


def stamp(caller: Caller) -> str:
    """What a cached copy must carry to count. The day is in it because `overdue` depends on it."""
    return f"{caller.stats_version}@{today().isoformat()}"


async def outdate(session: AsyncSession, *user_ids: int) -> None:
    """These users' statistics change with this transaction. Call it last: it locks their rows."""
    affected = select(User.id).where(User.id.in_(user_ids)).order_by(User.id)
    # In order of id, so that two transactions never wait for each other.
    locked = affected.with_for_update(key_share=True).scalar_subquery()
    raised = update(User).values(stats_version=User.stats_version + 1).where(User.id.in_(locked))
    await session.execute(raised, execution_options={"synchronize_session": False})


async def compute(session: AsyncSession, caller: Caller) -> dict[str, Any]:
    """The numbers as they are now: three statements."""
    count = func.count()
    priorities = (
        select(
            Task.priority,
            count.label("all"),
            count.filter(Task.completed).label("completed"),
            count.filter(is_overdue()).label("overdue"),
        )
        .where(Task.user_id == caller.id)
        .group_by(Task.priority)
    )
    rows = (await session.execute(priorities)).all()
    total, completed = sum(row.all for row in rows), sum(row.completed for row in rows)
    shared, posted = (await session.execute(_social(caller))).one()
    return {
        "total": total,
        "completed": completed,
        "incomplete": total - completed,
        "by_priority": {row.priority: row.all for row in rows},
        "by_tag": await _by_tag(session, caller),
        "overdue": sum(row.overdue for row in rows),
        "tasks_shared": shared,
        "comments_posted": posted,
    }


async def _by_tag(session: AsyncSession, caller: Caller) -> dict[str, int]:
    tags = select(func.unnest(Task.tags).label("tag")).where(Task.user_id == caller.id).subquery()
    statement = select(tags.c.tag, func.count()).group_by(tags.c.tag).order_by(tags.c.tag)
    return {tag: number for tag, number in (await session.execute(statement)).all()}


def _social(caller: Caller) -> Select[int | None, int | None]:
    """Own tasks that the caller shared, and the caller's comments wherever they are."""
    shared = (
        select(func.count(Share.task_id.distinct()))
        .join(Task, Task.id == Share.task_id)
        .where(Share.shared_by_user_id == caller.id, Task.user_id == caller.id)
    )
    posted = select(func.count()).where(Comment.user_id == caller.id)
    return select(shared.scalar_subquery(), posted.scalar_subquery())
