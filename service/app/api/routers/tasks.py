"""Tasks: list, create, read, change, delete, tags and bulk changes."""

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends

from app.api.dependencies import AppResources, CurrentCaller, Reads, Session
from app.api.limited import by_caller, limited
from app.api.openapi_errors import errors
from app.api.preconditions import IfMatch
from app.api.route_classes import AuthenticatedRoute
from app.api.task_query import page_query, task_filter
from app.schemas.fields import Text
from app.schemas.names import NewTags
from app.schemas.tasks import BulkUpdate, TaskCreate, TaskOut, TaskPage, TaskUpdate
from app.services import bulk, rate_limits, tags, task_list, task_update, task_views, tasks

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=AuthenticatedRoute)


@router.get("", response_model=TaskPage, responses=errors(400, 401))
async def list_tasks(
    reader: Reads,
    caller: CurrentCaller,
    where: Annotated[task_list.TaskFilter, Depends(task_filter)],
    page: Annotated[task_list.Page, Depends(page_query)],
) -> Any:
    """One page of the caller's own tasks."""
    return await task_list.search(reader, caller, where=where, page=page)


@router.post("", status_code=201, response_model=TaskOut, responses=errors(401, 413, 429))
@limited(rate_limits.CREATE_TASK, by_caller)
async def create_task(
    body: TaskCreate, session: Session, caller: CurrentCaller, resources: AppResources
) -> Any:
    """Creates a task."""
    await resources.rate_limiter.hit(rate_limits.CREATE_TASK, caller.id)
    return await tasks.create(session, caller, body.model_dump())


@router.patch("/bulk", response_model=list[TaskOut], responses=errors(400, 401, 403, 404, 413, 429))
async def update_tasks(body: BulkUpdate, session: Session, caller: CurrentCaller) -> Any:
    """Applies one change to many tasks: all of them or none."""
    changes = body.updates.model_dump(exclude_unset=True)
    return await bulk.update(session, caller, body.task_ids, changes)


@router.get("/{task_id}", response_model=TaskOut, responses=errors(401, 403, 404))
async def get_task(task_id: int, reader: Reads, caller: CurrentCaller) -> Any:
    """One task."""
    return await task_views.visible(reader, caller, task_id)


@router.patch(
    "/{task_id}", response_model=TaskOut, responses=errors(400, 401, 403, 404, 412, 413, 429)
)
async def update_task(
    task_id: int,
    body: TaskUpdate,
    caller: CurrentCaller,
    resources: AppResources,
    after: BackgroundTasks,
    unchanged: IfMatch,
) -> Any:
    """Changes the fields in the body; with If-Match, only if the task is as the client saw it."""
    changes = body.model_dump(exclude_unset=True)
    updated = await task_update.apply(resources.database, caller, task_id, changes, check=unchanged)
    if updated.event:
        after.add_task(resources.notify, updated.event)
    return updated.view


@router.delete("/{task_id}", status_code=204, responses=errors(401, 403, 404, 412, 429))
async def delete_task(
    task_id: int, session: Session, caller: CurrentCaller, unchanged: IfMatch
) -> None:
    """Deletes a task with its comments, shares and files; If-Match as for a change."""
    await tasks.delete(session, caller, task_id, check=unchanged)


@router.post("/{task_id}/tags", response_model=TaskOut, responses=errors(401, 403, 404, 413, 429))
async def add_tags(task_id: int, body: NewTags, session: Session, caller: CurrentCaller) -> Any:
    """Adds tags; present ones are skipped."""
    return await tags.add(session, caller, task_id, body)


# A tag that cannot be part of a path is named by the query.
@router.delete(
    "/{task_id}/tags/{tag:path}", response_model=TaskOut, responses=errors(401, 403, 404, 429)
)
@router.delete("/{task_id}/tags", response_model=TaskOut, responses=errors(401, 403, 404, 429))
async def remove_tag(task_id: int, tag: Text, session: Session, caller: CurrentCaller) -> Any:
    """Removes one tag."""
    return await tags.remove(session, caller, task_id, tag)
