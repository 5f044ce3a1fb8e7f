"""Tasks, their comments and statistics."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from app.schemas.fields import Body, Day, Flag, Instant, PlainInstant, Priority, Stripped
from app.schemas.names import NewTags, Tags

# Wide enough for any id, and exact in all JSON parsers.
TaskId = Annotated[int, Field(ge=-(10**15), le=10**15)]
Title = Annotated[Stripped, Field(min_length=1, max_length=200)]
Description = Annotated[Stripped, Field(max_length=1000)]


class TaskCreate(Body):
    """A new task."""

    title: Title
    description: Description | None = None
    priority: Priority = "medium"
    due_date: Day | None = None
    tags: NewTags = []
    completed: Flag = False


class TaskUpdate(Body):
    """The fields to change. Fields that were not sent keep their value; the defaults are unused."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    title: Title = ""
    description: Description | None = None
    priority: Priority = "medium"
    due_date: Day | None = None
    tags: Tags = []
    completed: Flag = False


class BulkUpdate(Body):
    """One change for many tasks."""

    task_ids: Annotated[list[TaskId], Field(min_length=1, max_length=1000)]
    updates: TaskUpdate


class CommentOut(TypedDict):
    """A comment and its author."""

    id: int
    task_id: int
    user_id: int
    content: str
    created_at: Instant
    updated_at: PlainInstant | None
    username: str | None


class TaskOut(TypedDict):
    """A task."""

    id: int
    title: str
    description: str | None
    completed: bool
    priority: Priority
    created_at: PlainInstant
    due_date: date | None
    tags: list[str]
    user_id: int
    comments: list[CommentOut]
    share_count: int


class TaskPage(TypedDict):
    """One page of a list."""

    tasks: list[TaskOut]
    total: int
    page: int
    pages: int


class Stats(TypedDict):
    """Counts over the caller's tasks."""

    total: int
    completed: int
    incomplete: int
    by_priority: dict[str, int]
    by_tag: dict[str, int]
    overdue: int
    tasks_shared: int
    comments_posted: int
