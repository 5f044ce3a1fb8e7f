"""The query parameters of a task list."""

from typing import Annotated, Literal

from fastapi import Query

from app.persistence.models import MAX_ID
from app.schemas.fields import WITHOUT_NUL, Day, Priority
from app.services.task_list import Page, SortKey, TaskFilter

QueryText = Annotated[str | None, Query(pattern=WITHOUT_NUL)]


async def task_filter(
    completed: bool | None = None,
    priority: Priority | None = None,
    tags: QueryText = None,
    overdue: bool | None = None,
    search: QueryText = None,
    created_after: Day | None = None,
    created_before: Day | None = None,
    due_after: Day | None = None,
    due_before: Day | None = None,
) -> TaskFilter:
    """Conditions, of which a task must meet all. `tags` is a list separated by commas."""
    listed = [tag.strip() for tag in (tags or "").split(",")]
    return TaskFilter(
        completed=completed,
        priority=priority,
        tags=[tag for tag in listed if tag],
        overdue=overdue,
        search=search,
        created_after=created_after,
        created_before=created_before,
        due_after=due_after,
        due_before=due_before,
    )


async def page_query(
    sort_by: SortKey | None = None,
    sort_order: Literal["asc", "desc"] = "asc",
    skip: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> Page:
    """A part of the matches, and their order."""
    return Page(skip=skip, limit=limit, sort_by=sort_by, descending=sort_order == "desc")
