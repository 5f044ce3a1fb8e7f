"""The kinds of value that requests and answers are made of."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
)

MAX_TAGS = 100
# Postgres has no way to store a NUL in a text.
WITHOUT_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(pattern=WITHOUT_NUL)]
Stripped = Annotated[str, StringConstraints(strip_whitespace=True, pattern=WITHOUT_NUL)]

LIKE_A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

# Only true and false: a 1 or a "yes" is a mistake of the client's.
Flag = Annotated[bool, Strict()]
Priority = Literal["low", "medium", "high"]
Permission = Literal["view", "edit"]


def _iso(value: datetime) -> str:
    """Everything here is UTC already: what asyncpg reads, and what this code makes."""
    return value.isoformat(timespec="microseconds").removesuffix("+00:00")


# Both are UTC. Clients add the Z themselves where it is missing, so each field keeps its own form.
Instant = Annotated[
    datetime,
    PlainSerializer(lambda value: _iso(value) + "Z", return_type=str, when_used="json"),
]
PlainInstant = Annotated[datetime, PlainSerializer(_iso, return_type=str, when_used="json")]


def _written_out(value: Any) -> Any:
    """Pydantic would read a number as seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and LIKE_A_DATE.match(value)):
        return value
    raise ValueError("a date is written YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_written_out)]


def _clean_tags(tags: list[str]) -> list[str]:
    """Each tag once, blank ones dropped."""
    return [tag for tag in dict.fromkeys(tags) if tag]


Tag = Annotated[Stripped, StringConstraints(max_length=100)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_clean_tags)]


class Body(BaseModel):
    """What a client sends; unknown fields are ignored, as clients send back whole objects."""

    model_config = ConfigDict(extra="ignore")


class Message(BaseModel):
    """A text for people."""

    message: str
