"""The activity log."""

import re
from datetime import UTC, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from typing_extensions import TypedDict

from app.schemas.fields import Instant

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _starts_with_a_day(value: Any) -> Any:
    """Refuses a bare number, which Pydantic would read as seconds since 1970."""
    if isinstance(value, str) and not DAY.match(value):
        raise ValueError("a time is written YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with an offset")
    return value


def _whole_day(value: Any) -> Any:
    """Extends a day without a time to its last microsecond."""
    if isinstance(value, str) and DAY.fullmatch(value):
        return f"{value}T{time.max.isoformat()}"
    return value


def _utc(value: datetime) -> datetime:
    """Converts to UTC; a time without an offset is UTC already."""
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


FORMS = {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")]}
Start = Annotated[
    datetime,
    BeforeValidator(_starts_with_a_day),
    AfterValidator(_utc),
    WithJsonSchema(FORMS),
]
End = Annotated[Start, BeforeValidator(_whole_day)]


class Activity(TypedDict):
    """One action of a user."""

    id: int
    user_id: int
    action: str
    resource_type: str
    resource_id: int
    details: dict[str, Any] | None
    created_at: Instant
    username: str | None


class ActivityStats(TypedDict):
    """Counts over the caller's own actions."""

    total_activities: int
    by_action: dict[str, int]
    by_resource: dict[str, int]
