"""The types of fields that requests and answers share."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

# Postgres cannot store a NUL. Any pattern refuses lone surrogates too, which UTF-8 cannot encode.
WITHOUT_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(pattern=WITHOUT_NUL)]
Stripped = Annotated[str, StringConstraints(strip_whitespace=True, pattern=WITHOUT_NUL)]

LIKE_A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _flag(value: Any) -> Any:
    """Reads what older clients send for true and false; a "yes" stays a mistake of theirs."""
    if isinstance(value, str | int | float) and value in FLAGS:
        return FLAGS[value]
    return value


FLAGS: dict[Any, bool] = {True: True, False: False, "true": True, "false": False}
# 1 and 0 equal True and False, also as keys.
Flag = Annotated[
    bool,
    Strict(),
    BeforeValidator(_flag),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": [1, 0, "true", "false"]}]}),
]
Priority = Literal["low", "medium", "high"]
Permission = Literal["view", "edit"]


def _iso(value: datetime) -> str:
    """ISO 8601 without an offset. All times of this service are UTC already."""
    return value.isoformat(timespec="microseconds").removesuffix("+00:00")


# Both are UTC. Clients add a missing Z themselves, so each field keeps its present form.
Instant = Annotated[
    datetime,
    PlainSerializer(lambda value: _iso(value) + "Z", return_type=str, when_used="json"),
]
PlainInstant = Annotated[datetime, PlainSerializer(_iso, return_type=str, when_used="json")]


def _date_text(value: Any) -> Any:
    """Refuses a number, which Pydantic would read as seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and LIKE_A_DATE.match(value)):
        return value
    raise ValueError("must be a date, written YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_date_text)]


class Body(BaseModel):
    """A request's body. Unknown fields are ignored, as clients send back whole objects."""

    model_config = ConfigDict(extra="ignore")


class Message(BaseModel):
    """A sentence for the user."""

    message: str
