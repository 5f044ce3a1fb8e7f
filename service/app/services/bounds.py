"""The most rows of a task and of an answer, so that lists without pages stay small.

Rows from before there was a bound stay readable.
"""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import BadRequest

# Of one task.
COMMENTS = 500
SHARES = 500
FILES = 500
# Of one answer.
COMMENTS_OF_TASKS = 5000
ENTRIES_OF_TIMELINE = 1000
TAGS_OF_STATS = 1000
TASKS_SHARED_WITH_CALLER = 1000


async def require_room(
    session: AsyncSession,
    *,
    of_task: InstrumentedAttribute[int],
    task_id: int,
    most: int,
    things: str,
) -> None:
    """Raises BadRequest where the task has `most` rows, whose column `of_task` names it.

    Requests at the same time can pass together: it bounds an answer, and promises no number.
    """
    rows: Any = await session.scalar(select(func.count()).where(of_task == task_id))
    if rows >= most:
        raise BadRequest(f"A task has at most {most} {things}: delete some first")
