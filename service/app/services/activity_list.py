"""Reads the activity log: the caller's own actions, and the timeline of a task."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select

from app.persistence.models import ActivityLog, User
from app.persistence.read_queries import Reader, Statement, planned_anew
from app.services import bounds
from app.services.access import Level, require_level
from app.services.accounts import Caller
from app.services.task_views import View

COLUMNS = (
    ActivityLog.id,
    ActivityLog.user_id,
    ActivityLog.action,
    ActivityLog.resource_type,
    ActivityLog.resource_id,
    ActivityLog.details,
    ActivityLog.created_at,
    User.username,
)


ENTRIES = select(*COLUMNS).outerjoin(User, User.id == ActivityLog.user_id)
MINE = ActivityLog.user_id == bindparam("caller_id")
# The parameter of each condition has the condition's name.
CONDITIONS: dict[str, ColumnElement[bool]] = {
    "resource_type": ActivityLog.resource_type == bindparam("resource_type"),
    "action": ActivityLog.action == bindparam("action"),
    "start": ActivityLog.created_at >= bindparam("start"),
    "end": ActivityLog.created_at <= bindparam("end"),
}
KINDS = (ActivityLog.action, ActivityLog.resource_type)
TOTALS = select(*KINDS, func.count().label("number")).where(MINE).group_by(*KINDS)
TIMELINE = (
    ENTRIES.where(ActivityLog.task_id == bindparam("task_id"))
    .order_by(ActivityLog.created_at.desc(), ActivityLog.id.desc())
    .limit(bounds.ENTRIES_OF_TIMELINE)
)


@dataclass(frozen=True, kw_only=True)
class ActivityFilter:
    """Conditions that an entry meets all of; None means no condition."""

    resource_type: str | None
    action: str | None
    start: datetime | None
    end: datetime | None


async def search(
    reader: Reader, caller: Caller, *, where: ActivityFilter, limit: int, offset: int
) -> list[View]:
    """The caller's own actions, newest first; the id decides among equal times."""
    values = {name: value for name, value in vars(where).items() if value is not None}
    page = {"caller_id": caller.id, "limit": limit, "offset": offset}
    return await reader.rows(_page(frozenset(values)), **values, **page)


async def totals(reader: Reader, caller: Caller) -> dict[str, Any]:
    """The numbers of the caller's actions, by action and by resource."""
    by_action: Counter[str] = Counter()
    by_resource: Counter[str] = Counter()
    for row in await reader.rows(TOTALS, caller_id=caller.id):
        by_action[row["action"]] += row["number"]
        by_resource[row["resource_type"]] += row["number"]
    return {
        "total_activities": by_action.total(),
        "by_action": by_action,
        "by_resource": by_resource,
    }


async def of_task(reader: Reader, caller: Caller, task_id: int) -> list[View]:
    """The newest actions of all users on the task, its comments and its files, oldest first."""
    await require_level(reader, caller, task_id, at_least=Level.VIEW)
    newest_first = await reader.rows(TIMELINE, task_id=task_id)
    return newest_first[::-1]


@lru_cache(maxsize=2 ** len(CONDITIONS))
def _page(names: frozenset[str]) -> Statement:
    """The statement for one combination of conditions, built once."""
    newest_first = ENTRIES.where(MINE, *(CONDITIONS[name] for name in names)).order_by(
        ActivityLog.created_at.desc(), ActivityLog.id.desc()
    )
    page = newest_first.limit(bindparam("limit")).offset(bindparam("offset"))
    return planned_anew(page) if names else page
