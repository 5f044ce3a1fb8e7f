"""The statement that changes a task: it reads, writes and logs, all in one round trip."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    String,
    Text,
    Update,
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

from app.persistence.models import ActivityLog, Task, User
from app.persistence.read_queries import Statement
from app.services import stats, task_views
from app.services.access import PERMISSION

Fields = Mapping[str, ColumnElement[Any]]

TASK_ID, CALLER_ID = (bindparam(name, type_=Integer) for name in ("task_id", "caller_id"))
# The version of a row in Postgres: the transaction that wrote it.
VERSION = cast(literal_column("tasks.xmin"), Text)
# The version that the change is meant for, or null.
MEANT = bindparam("version", type_=String)
BEFORE = select(
    *task_views.COLUMNS, task_views.COMMENTED, PERMISSION, VERSION.label("version")
).where(Task.id == TASK_ID)


@lru_cache(maxsize=64)
def statement(names: tuple[str, ...]) -> Statement:
    """Changes the fields, raises the version of the owner's statistics, and logs.

    Its row is the task before the change. It has none, and has no effect, for a caller without the
    permission, or when the row has another version by now.
    """
    before = BEFORE.cte("before")
    types = {column.key: column.type for column in Task.__table__.columns}
    new: Fields = {name: bindparam(f"new_{name}", type_=types[name]) for name in names}
    old: Fields = {name: before.c[name] for name in names}
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
    joined = changed.join(before, before.c.id == changed.c.id)
    entry = _entry(changed, differs, old=old, new=new)
    logged = insert(ActivityLog).from_select(
        list(entry), select(*entry.values()).select_from(joined)
    )
    return (
        select(before)
        .select_from(joined)
        .add_cte(
            logged.returning(ActivityLog.id).cte("logged"),
            _counted(changed, before, differs).returning(User.id).cte("counted"),
        )
    )


def _entry(changed: CTE, differs: Fields, *, old: Fields, new: Fields) -> Fields:
    """The columns of the log's entry."""
    names = [case((differs[name], literal(name))) for name in differs]
    return {
        "user_id": CALLER_ID,
        "action": literal("updated"),
        "resource_type": literal("task"),
        "resource_id": changed.c.id,
        "task_id": changed.c.id,
        "details": _json(
            changed_fields=func.array_remove(array(names), None),
            old_values=_json(**old),
            new_values=_json(**new),
        ),
    }


def _counted(changed: CTE, before: CTE, differs: Fields) -> Update:
    """Raises the version of the owner's statistics when a field that they count differs."""
    counts = (differs[name] for name in differs if name in stats.COUNTED)
    return (
        update(User)
        .where(
            User.id == changed.c.user_id,
            before.c.id == changed.c.id,
            or_(false(), *counts),
        )
        .values(stats_version=User.stats_version + 1)
    )


def _json(**values: ColumnElement[Any]) -> ColumnElement[Any]:
    """A JSON object in SQL; dates become ISO text."""
    return func.jsonb_build_object(*(part for item in values.items() for part in item))
