"""If-Match: a change applies only to the copy that the client has seen."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header
from pydantic import TypeAdapter

from app.api.caching import entity_tag
from app.errors import PreconditionFailed
from app.schemas.tasks import TaskOut
from app.services.task_views import View

Check = Callable[[View], None]

_TASK = TypeAdapter(TaskOut)


def _check(if_match: Annotated[list[str] | None, Header()] = None) -> Check | None:
    if not if_match:
        return None
    # Weak tags are for copies that may differ; a change needs the very same one.
    tags = {tag.strip() for line in if_match for tag in line.split(",")}

    def check(view: View) -> None:
        if "*" in tags:
            return
        if entity_tag(_TASK.dump_json(_TASK.validate_python(view))) not in tags:
            raise PreconditionFailed("The task has changed since you read it: read it again")

    return check


IfMatch = Annotated[Check | None, Depends(_check)]
"""Raises PreconditionFailed where the task is not as the client saw it; None without the header."""
