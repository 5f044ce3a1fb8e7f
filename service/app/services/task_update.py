"""Changing one task by one statement, which reads, writes and logs, without a transaction.

Its row is locked for as long as the statement runs, not for the round trips of a transaction. A
change that came first shows as no row changed, and the statement runs again.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from app.errors import BadRequest, TaskNotFound, Unavailable
from app.persistence.database import Database
from app.persistence.models import MAX_ID
from app.persistence.read_queries import Reader, Row
from app.schemas.names import DOT_SEGMENTS
from app.services import access, tags, task_views
from app.services.access import Level
from app.services.accounts import Caller
from app.services.events import TaskCompleted
from app.services.task_change import BEFORE, statement
from app.services.task_views import View

# Each one lost means that another process changed the task.
ATTEMPTS = 20


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
            statement(tuple(changes)),
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


def _event(caller: Caller, before: Row, changes: Mapping[str, Any]) -> TaskCompleted | None:
    if not changes.get("completed") or before["completed"] or before["user_id"] == caller.id:
        return None
    title = changes.get("title", before["title"])
    return TaskCompleted(title, caller.username, before["user_id"])
