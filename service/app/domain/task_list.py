"""Listing one's own tasks: filters, order and pages."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.domain import task_views
from app.domain.accounts import Caller
from app.models import Task

SortKey = Literal["id", "title", "priority", "completed", "created_at", "due_date"]

RANK = case({"low": 1, "medium": 2, "high": 3}, value=Task.priority, else_=0)


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """Conditions that a listed task meets all of; None or empty means no condition."""

    completed: bool | None = None
    priority: str | None = None
    tags: list[str] = field(default_factory=list)
    overdue: bool | None = None
    search: str | None = None
    created_after: date | None = None
    created_before: date | None = None
    due_after: date | None = None
    due_before: date | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which part of the matches, in which order."""

    skip: int = 0
    limit: int = 100
    sort_by: SortKey | None = None
    descending: bool = False


def today() -> date:
    return datetime.now(UTC).date()


def is_overdue() -> ColumnElement[bool]:
    """Has a due date before today and is not completed."""
    return and_(Task.due_date.is_not(None), Task.due_date < today(), not_(Task.completed))


async def search(
    session: AsyncSession, caller: Caller, *, where: TaskFilter, page: Page
) -> dict[str, Any]:
    """One page of the caller's tasks and how many match in all."""
    conditions = [Task.user_id == caller.id, *_conditions(where)]
    total = await session.scalar(select(func.count()).select_from(Task).where(*conditions)) or 0
    statement = select(*task_views.COLUMNS).where(*conditions).order_by(*_order(page))
    tasks = await task_views.load(session, statement.offset(page.skip).limit(page.limit))
    return {
        "tasks": tasks,
        "total": total,
        "page": page.skip // page.limit + 1,
        # At least 1: the client offers no next page only when it stands on the last.
        "pages": max(1, -(-total // page.limit)),
    }


def _conditions(where: TaskFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.completed is not None:
        found.append(Task.completed.is_(where.completed))
    if where.priority is not None:
        found.append(Task.priority == where.priority)
    if where.tags:
        found.append(Task.tags.contains(where.tags))
    if where.overdue is not None:
        found.append(is_overdue() if where.overdue else func.coalesce(not_(is_overdue()), True))
    if where.search:
        words = where.search
        found.append(or_(contains(Task.title, words), contains(Task.description, words)))
    return found + _dates(where)


def contains(column: InstrumentedAttribute[Any], words: str) -> ColumnElement[bool]:
    """Case-insensitive, with `%` and `_` for themselves; plain ILIKE, which trigrams serve."""
    literal = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(f"%{literal}%")


def _dates(where: TaskFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.created_after:
        found.append(Task.created_at >= _midnight(where.created_after))
    if where.created_before:
        found.append(Task.created_at <= _midnight(where.created_before))
    if where.due_after:
        found.append(Task.due_date >= where.due_after)
    if where.due_before:
        found.append(Task.due_date <= where.due_before)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _order(page: Page) -> list[ColumnElement[Any]]:
    """The id decides between equals, so that pages never overlap."""
    if page.sort_by is None:
        return [Task.id.asc()]
    columns: dict[str, SQLColumnExpression[Any]] = {
        "id": Task.id,
        "title": Task.title,
        "priority": RANK,
        "completed": Task.completed,
        "created_at": Task.created_at,
        "due_date": Task.due_date,
    }
    column = columns[page.sort_by]
    if page.descending:
        return [column.desc().nulls_last(), Task.id.desc()]
    return [column.asc().nulls_last(), Task.id.asc()]
