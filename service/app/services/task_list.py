"""Lists the caller's own tasks: filters, order and pages."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
)

from app.persistence.models import Task
from app.persistence.read_queries import Reader, Statement, planned_anew
from app.services import task_views
from app.services.accounts import Caller

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
    """A part of the matches, and their order."""

    skip: int = 0
    limit: int = 100
    sort_by: SortKey | None = None
    descending: bool = False


def today() -> date:
    """The present day in UTC."""
    return datetime.now(UTC).date()


def is_overdue(day: Any) -> ColumnElement[bool]:
    """The condition: due before the day and not completed."""
    return and_(Task.due_date.is_not(None), Task.due_date < day, not_(Task.completed))


def containing(words: str) -> str:
    """An ILIKE pattern for texts that contain the words; `%` and `_` are literal."""
    literal = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"


# The parameter of each condition has the condition's name.
CONDITIONS: dict[str, ColumnElement[bool]] = {
    "completed": Task.completed == bindparam("completed"),
    "priority": Task.priority == bindparam("priority"),
    "tags": Task.tags.contains(bindparam("tags", type_=ARRAY(String))),
    "overdue": is_overdue(bindparam("overdue", type_=Date)),
    "not_overdue": func.coalesce(not_(is_overdue(bindparam("not_overdue", type_=Date))), True),
    "search": or_(
        Task.title.ilike(bindparam("search")), Task.description.ilike(bindparam("search"))
    ),
    "created_after": Task.created_at >= bindparam("created_after"),
    "created_before": Task.created_at <= bindparam("created_before"),
    "due_after": Task.due_date >= bindparam("due_after"),
    "due_before": Task.due_date <= bindparam("due_before"),
}


async def search(
    reader: Reader, caller: Caller, *, where: TaskFilter, page: Page
) -> dict[str, Any]:
    """One page of the caller's tasks, and the number of all matches."""
    values = {name: value for name, value in _values(where).items() if value is not None}
    count, rows = _statements(frozenset(values), page.sort_by, page.descending)
    values["owner_id"] = caller.id
    total = await reader.value(count, **values)
    part = {"skip": page.skip, "limit": page.limit}
    return {
        "tasks": await task_views.load(reader, rows, **values, **part),
        "total": total,
        "page": page.skip // page.limit + 1,
        # At least 1, as the client offers no next page only on the last page.
        "pages": max(1, -(-total // page.limit)),
    }


def _values(where: TaskFilter) -> dict[str, Any]:
    """The value of each condition; None for unused ones."""
    return {
        "completed": where.completed,
        "priority": where.priority,
        "tags": where.tags or None,
        "overdue": today() if where.overdue is True else None,
        "not_overdue": today() if where.overdue is False else None,
        "search": containing(where.search) if where.search else None,
        "created_after": _midnight(where.created_after),
        "created_before": _midnight(where.created_before),
        "due_after": where.due_after,
        "due_before": where.due_before,
    }


@lru_cache(maxsize=1024)
def _statements(
    names: frozenset[str], sort_by: SortKey | None, descending: bool
) -> tuple[Select[int], Statement]:
    """The statements for one combination of filters and order, built once."""
    conditions = [Task.user_id == bindparam("owner_id"), *(CONDITIONS[name] for name in names)]
    count = select(func.count()).select_from(Task).where(*conditions)
    rows = select(*task_views.COLUMNS).where(*conditions).order_by(*_order(sort_by, descending))
    rows = rows.offset(bindparam("skip")).limit(bindparam("limit"))
    return (planned_anew(count), planned_anew(rows)) if names else (count, rows)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _order(sort_by: SortKey | None, descending: bool) -> list[ColumnElement[Any]]:
    """Ends with the id, so that pages never overlap."""
    columns: dict[str, SQLColumnExpression[Any]] = {
        "id": Task.id,
        "title": Task.title,
        "priority": RANK,
        "completed": Task.completed,
        "created_at": Task.created_at,
        "due_date": Task.due_date,
    }
    if sort_by is None:
        return [Task.id.asc()]
    column = columns[sort_by]
    if descending:
        return [column.desc().nulls_last(), Task.id.desc()]
    return [column.asc().nulls_last(), Task.id.asc()]
