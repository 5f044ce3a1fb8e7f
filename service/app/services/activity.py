"""Writes the activity log, in the transaction of the change itself."""

from datetime import date
from typing import Any, Literal, cast

from sqlalchemy.ext.asyncio import AsyncSession

from app.persistence.models import ActivityLog

Action = Literal["created", "updated", "deleted", "shared", "unshared", "uploaded"]
Resource = Literal["task", "comment", "file"]


def record(
    session: AsyncSession,
    *,
    actor_id: int,
    action: Action,
    resource: tuple[Resource, int],
    task_id: int,
    details: dict[str, Any],
) -> None:
    """Adds an entry; `task_id` names the task whose timeline has it."""
    resource_type, resource_id = resource
    session.add(
        ActivityLog(
            user_id=actor_id,
            action=action,
            resource_type=resource_type,
            resource_id=resource_id,
            task_id=task_id,
            details={name: to_json(value) for name, value in details.items()},
        )
    )


def to_json(value: Any) -> Any:
    """The value with its dates as ISO text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return {key: to_json(item) for key, item in items}
    return value
