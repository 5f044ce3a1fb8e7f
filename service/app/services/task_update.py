"""Changing one task by one statement, which reads, writes and logs, without a transaction.

Its row is locked for as long as the statement runs, not for the round trips of a transaction. A
change that came first shows as no row changed, and the statement runs again.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Text,
    bindparam,
    case,
    cast,
    false,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import array

from app.errors import BadRequest, TaskNotFound, Unavailable
from app.persistence.database import Database
from app.persistence.models import MAX_ID, ActivityLog, Task, User
from app.persistence.read_queries import Reader, Row, Statement
from app.schemas.names import DOT_SEGMENTS
from app.services import access, stats, tags, task_views
from app.services.access import PERMISSION, Level
from app.services.accounts import Caller
from app.services.events import TaskCompleted
from app.services.task_views import View

# Each one lost means that another process changed the task.
ATTEMPTS = 20

TASK_ID, CALLER_ID = (bindparam(name, type_=Integer) for name in ("task_id", "caller_id"))
# The version of a row in Postgres: the transaction that wrote it.
VERSION = cast(literal_column("tasks.xmin"), Text)
# The version that the change is meant for, or null.
MEANT = bindparam("version", type_=String)
BEFORE = select(
    *task_views.COLUMNS, task_views.COMMENTED, PERMISSION, VERSION.label("version")
).where(Task.id == TASK_ID)


class Updated(NamedTuple):
    """The changed task, and the event to announce to its owner, if any."""

    view: View
    event: TaskCompleted | None


async def apply(
    database: Database,
    caller: Caller,
    task_id: int,
    changes: dict[str, Any],
    *,
    check: Callable[[View], None] | None = None,
) -> Updated:
    """Changes the fields in `changes`; `check` may refuse the task as it is."""
    if not 0 < task_id <= MAX_ID:
        raise TaskNotFound(task_id)
    # One connection, taken by the first statement and so after the turn.
    with database.reader() as reader:
        async with database.turns.of(caller.id, task_id):
            before = await _changed(reader, caller, task_id, changes, check)
        view = await task_views.with_comments(reader, {**before, **changes})
    return Updated(view, _event(caller, before, changes))


async def _changed(
    reader: Reader,
    caller: Caller,
    task_id: int,
    changes: dict[str, Any],
    check: Callable[[View], None] | None,
) -> Row:
    """Changes the task; the row as it was before."""
    values = {f"new_{name}": value for name, value in changes.items()}
    for _ in range(ATTEMPTS):
        version = None
        if check or not changes or not DOT_SEGMENTS.isdisjoint(changes.get("tags", ())):
            version = await _acceptable(reader, caller, task_id, changes, check)
        before = await reader.row(
            _statement(tuple(changes)),
            **values,
            task_id=task_id,
            caller_id=caller.id,
            version=version,
        )
        if before:
            return before
        await access.require_level(reader, caller, task_id, at_least=Level.EDIT)
    raise Unavailable("Too many changes of this task at the same time")


async def _acceptable(
    reader: Reader,
    caller: Caller,
    task_id: int,
    changes: dict[str, Any],
    check: Callable[[View], None] | None,
) -> str:
    """The version of the task that the changes are acceptable for."""
    await access.require_level(reader, caller, task_id, at_least=Level.EDIT)
    if not changes:
        raise BadRequest("There is nothing to change: send at least one field")
    row = await reader.row(BEFORE, task_id=task_id, caller_id=caller.id)
    if row is None:
        raise TaskNotFound(task_id)
    tags.require_valid(changes.get("tags", ()), row["tags"])
    if check:
        check(await task_views.with_comments(reader, dict(row)))
    return row["version"]


@lru_cache(maxsize=64)
def _statement(names: tuple[str, ...]) -> Statement:
    """Changes the fields, raises the version of the owner's statistics, and logs.

    Its row is the task before the change. It has none, and has no effect, for a caller without the
    permission, or when the row has another version by now.
    """
    before = BEFORE.cte("before")
    types = {column.key: column.type for column in Task.__table__.columns}
    new = {name: bindparam(f"new_{name}", type_=types[name]) for name in names}
    old = {name: before.c[name] for name in names}
    differs = {name: old[name].is_distinct_from(new[name]) for name in names}
    changed = (
        update(Task)
        .where(
            Task.id == before.c.id,
            before.c.version == VERSION,
            or_(before.c.user_id == CALLER_ID, before.c.permission == "edit"),
            or_(MEANT.is_(None), before.c.version == MEANT),
        )
        .values(new)
        .returning(Task.id, Task.user_id)
        .cte("changed")
    )
    entry = {
        "user_id": CALLER_ID,
        "action": literal("updated"),
        "resource_type": literal("task"),
        "resource_id": changed.c.id,
        "task_id": changed.c.id,
        "details": _json(
            changed_fields=func.array_remove(
                array([case((differs[name], literal(name))) for name in names]), None
            ),
            old_values=_json(**old),
            new_values=_json(**new),
        ),
    }
    joined = changed.join(before, before.c.id == changed.c.id)
    logged = insert(ActivityLog).from_select(
        list(entry), select(*entry.values()).select_from(joined)
    )
    counted = (
        update(User)
        .where(
            User.id == changed.c.user_id,
            before.c.id == changed.c.id,
            or_(false(), *(differs[name] for name in names if name in stats.COUNTED)),
        )
        .values(stats_version=User.stats_version + 1)
    )
    return (
        select(before)
        .select_from(joined)
        .add_cte(
            logged.returning(ActivityLog.id).cte("logged"),
            counted.returning(User.id).cte("counted"),
        )
    )


def _json(**values: ColumnElement[Any]) -> ColumnElement[Any]:
    """A JSON object in SQL; dates become ISO text."""
    return func.jsonb_build_object(*(part for item in values.items() for part in item))


def _event(caller: Caller, before: Row, changes: Mapping[str, Any]) -> TaskCompleted | None:
    if not changes.get("completed") or before["completed"] or before["user_id"] == caller.id:
        return None
    title = changes.get("title", before["title"])
    return TaskCompleted(title, caller.username, before["user_id"])
