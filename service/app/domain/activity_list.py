"""Reading the log: one's own actions, and everything that happened to a task."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.access import Level, require_level
from app.domain.accounts import Caller
from app.domain.task_views import View
from app.models import ActivityLog, User

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


@dataclass(frozen=True, kw_only=True)
class ActivityFilter:
    """Conditions; all given ones must hold."""

    resource_type: str | None
    action: str | None
    start: datetime | None
    end: datetime | None


async def search(
    session: AsyncSession, caller: Caller, *, where: ActivityFilter, limit: int, offset: int
) -> list[View]:
    """The caller's own actions, newest first; the id decides among equal times."""
    statement = _entries().where(ActivityLog.user_id == caller.id)
    if where.resource_type is not None:
        statement = statement.where(ActivityLog.resource_type == where.resource_type)
    if where.action is not None:
        statement = statement.where(ActivityLog.action == where.action)
    if where.start is not None:
        statement = statement.where(ActivityLog.created_at >= where.start)
    if where.end is not None:
        statement = statement.where(ActivityLog.created_at <= where.end)
    newest_first = statement.order_by(ActivityLog.created_at.desc(), ActivityLog.id.desc())
    return await _load(session, newest_first.limit(limit).offset(offset))


async def totals(session: AsyncSession, caller: Caller) -> dict[str, Any]:
    """How many actions of each kind the caller took."""
    kinds = (ActivityLog.action, ActivityLog.resource_type)
    statement = select(*kinds, func.count()).where(ActivityLog.user_id == caller.id)
    by_action: Counter[str] = Counter()
    by_resource: Counter[str] = Counter()
    for action, resource_type, number in await session.execute(statement.group_by(*kinds)):
        by_action[action] += number
        by_resource[resource_type] += number
    return {
        "total_activities": by_action.total(),
        "by_action": by_action,
        "by_resource": by_resource,
    }


async def of_task(session: AsyncSession, caller: Caller, task_id: int) -> list[View]:
    """What everyone did to the task, its comments and its files, oldest first."""
    await require_level(session, caller, task_id, at_least=Level.VIEW)
    statement = _entries().where(ActivityLog.task_id == task_id)
    return await _load(session, statement.order_by(ActivityLog.created_at, ActivityLog.id))


def _entries() -> Select[*tuple[Any, ...]]:
    return select(*COLUMNS).outerjoin(User, User.id == ActivityLog.user_id)


async def _load(session: AsyncSession, statement: Select[*tuple[Any, ...]]) -> list[View]:
    return [dict(row) for row in (await session.execute(statement)).mappings()]
