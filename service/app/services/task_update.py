"""Changing one task: a read, one statement that writes all of it, and no lock in between.

The statement applies only to the version of the row that was read. Its row is locked for as long as
the statement runs, not for the round trips of a transaction; a change that came first shows as no
row changed, and everything is read again.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Integer,
    String,
    Text,
    bindparam,
    cast,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.errors import BadRequest, TaskNotFound, Unavailable
from app.persistence.database import Database
from app.persistence.models import MAX_ID, ActivityLog, Task, User
from app.persistence.read_queries import Reader, Row, Statement
from app.services import activity, stats, tags, task_views
from app.services.access import PERMISSION, Level, level_of, require
from app.services.accounts import Caller
from app.services.events import TaskCompleted
from app.services.task_views import View

# Each one lost means that another process changed the task.
ATTEMPTS = 20

# The version of a row in Postgres: the transaction that wrote it.
VERSION = cast(literal_column("tasks.xmin"), Text)
CURRENT = select(*task_views.COLUMNS, VERSION.label("version"), PERMISSION).where(
    Task.id == bindparam("task_id")
)


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
            for _ in range(ATTEMPTS):
                current = await _current(reader, caller, task_id)
                if not changes:
                    raise BadRequest("There is nothing to change: send at least one field")
                tags.require_valid(changes.get("tags", ()), current["tags"])
                if check:
                    comments = await task_views.comments_of(reader, [task_id])
                    check({**current, "comments": comments[task_id]})
                if await _write(reader, caller, current, changes):
                    break
            else:
                raise Unavailable("Too many changes of this task at the same time")
        comments = await task_views.comments_of(reader, [task_id])
    view = {**current, **changes, "comments": comments[task_id]}
    return Updated(view, _event(caller, current, changes))


async def _current(reader: Reader, caller: Caller, task_id: int) -> Row:
    """The task and the version of its row, if the caller may change it."""
    row = await reader.row(CURRENT, task_id=task_id, caller_id=caller.id)
    if row is None:
        raise TaskNotFound(task_id)
    level = level_of(caller, owner_id=row["user_id"], permission=row.pop("permission"))
    require(level, at_least=Level.EDIT)
    return row


async def _write(reader: Reader, caller: Caller, current: Row, changes: dict[str, Any]) -> bool:
    """False when the row has another version by now, or the caller lost the permission."""
    old = {name: current[name] for name in changes}
    differing = [name for name in changes if old[name] != changes[name]]
    details = {"changed_fields": differing, "old_values": old, "new_values": changes}
    values = {f"new_{name}": changes[name] for name in differing}
    written = await reader.row(
        _statement(frozenset(differing)),
        **values,
        task_id=current["id"],
        version=current["version"],
        caller_id=caller.id,
        details=json.dumps(activity.to_json(details)),
    )
    return written is not None


@lru_cache(maxsize=64)
def _statement(names: frozenset[str]) -> Statement:
    """Changes the fields, raises the version of the owner's statistics, and logs, in that order."""
    task_id, caller_id = bindparam("task_id", type_=Integer), bindparam("caller_id", type_=Integer)
    as_read = (
        Task.id == task_id,
        bindparam("version", type_=String) == VERSION,
        or_(Task.user_id == caller_id, PERMISSION.element == "edit"),
    )
    columns = (Task.id, Task.user_id)
    if names:
        types = {column.key: column.type for column in Task.__table__.columns}
        fields = {name: bindparam(f"new_{name}", type_=types[name]) for name in sorted(names)}
        changed = update(Task).where(*as_read).values(fields).returning(*columns).cte("changed")
    else:
        changed = select(*columns).where(*as_read).cte("changed")
    entry = {
        "user_id": caller_id,
        "action": literal("updated"),
        "resource_type": literal("task"),
        "resource_id": changed.c.id,
        "task_id": changed.c.id,
        "details": cast(bindparam("details", type_=Text), JSONB),
    }
    logged = insert(ActivityLog).from_select(list(entry), select(*entry.values()))
    result = select(changed.c.id).add_cte(logged.returning(ActivityLog.id).cte("logged"))
    if not names & stats.COUNTED:
        return result
    raised = update(User).where(User.id == changed.c.user_id)
    counted = raised.values(stats_version=User.stats_version + 1).returning(User.id)
    return result.add_cte(counted.cte("counted"))


def _event(caller: Caller, current: Row, changes: dict[str, Any]) -> TaskCompleted | None:
    if not changes.get("completed") or current["completed"] or current["user_id"] == caller.id:
        return None
    title = changes.get("title", current["title"])
    return TaskCompleted(title, caller.username, current["user_id"])
