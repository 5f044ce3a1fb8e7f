"""The log of who did what, written in the transaction of the change itself."""

from datetime import date
from typing import Any, Literal

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
    """One entry. `task_id` puts it on that task's timeline."""
    resource_type, resource_id = resource
    session.add(
        ActivityLog(
            user_id=actor_id,
            action=action,
            resource_type=resource_type,
            resource_id=resource_id,
            task_id=task_id,
            details={name: _plain(value) for name, value in details.items()},
        )
    )


def _plain(value: Any) -> Any:
    """Dates as ISO text, everything else as JSON knows it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value
