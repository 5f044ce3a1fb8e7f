"""If-Match: a change applies only to the copy that the client has seen."""

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header
from pydantic import AfterValidator, TypeAdapter, WithJsonSchema

from app.api.caching import entity_tag
from app.errors import PreconditionFailed
from app.schemas.tasks import TaskOut
from app.services.task_views import View

Check = Callable[[View], None]

_TASK = TypeAdapter(TaskOut)
ANY = "*"
# RFC 9110, 8.8.3 and 13.1.1.
ENTRY = r'(?:\*|(?:W/)?"[\x21\x23-\x7e\x80-\xff]*")'
LINE = rf"^{ENTRY}(?:[ \t]*,[ \t]*{ENTRY})*$"


def _check_line(value: str) -> str:
    """Refuses a tag without quotes: it could never match, and the task has not changed."""
    if not re.fullmatch(LINE, value):
        raise ValueError("must be * or the value of an ETag header, with its quotes")
    return value


Line = Annotated[
    str, AfterValidator(_check_line), WithJsonSchema({"type": "string", "pattern": LINE})
]


# A constant, as FastAPI inspects a default factory at each request.
ABSENT: list[str] = []


async def _check(
    if_match: Annotated[list[Line], Header(min_length=1)] = ABSENT,
) -> Check | None:
    if not if_match:
        return None
    # Weak tags are for copies that may differ; a change needs the very same one.
    tags = {tag for line in if_match for tag in re.findall(ENTRY, line)}

    def check(view: View) -> None:
        if ANY in tags:
            return
        if entity_tag(_TASK.dump_json(_TASK.validate_python(view))) not in tags:
            raise PreconditionFailed("The task has changed since you read it: read it again")

    return check


IfMatch = Annotated[Check | None, Depends(_check)]
"""Raises PreconditionFailed where the task is not as the client saw it; None without the header."""
