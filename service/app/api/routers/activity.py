"""The activity log."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from app.api.dependencies import CurrentCaller, Reads
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.api.task_query import QueryText
from app.persistence.models import MAX_ID
from app.schemas.activity import Activity, ActivityStats, End, Start
from app.services import activity_list
from app.services.activity_list import ActivityFilter

router = APIRouter(prefix="/activity", tags=["activity"], route_class=AuthenticatedRoute)


async def activity_filter(
    resource_type: QueryText = None,
    action: QueryText = None,
    start_date: Start | None = None,
    end_date: End | None = None,
) -> ActivityFilter:
    """Conditions, of which an entry must meet all. A day as `end_date` is included."""
    return ActivityFilter(
        resource_type=resource_type, action=action, start=start_date, end=end_date
    )


@router.get("", response_model=list[Activity], responses=errors(401))
async def list_activity(
    reader: Reads,
    caller: CurrentCaller,
    where: Annotated[ActivityFilter, Depends(activity_filter)],
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> Any:
    """The caller's own actions, newest first."""
    return await activity_list.search(reader, caller, where=where, limit=limit, offset=offset)


@router.get("/stats", response_model=ActivityStats, responses=errors(401))
async def get_activity_stats(reader: Reads, caller: CurrentCaller) -> Any:
    """The numbers of the caller's actions."""
    return await activity_list.totals(reader, caller)


@router.get("/tasks/{task_id}", response_model=list[Activity], responses=errors(401, 403, 404))
async def list_task_activity(task_id: int, reader: Reads, caller: CurrentCaller) -> Any:
    """All users' actions on a task, oldest first."""
    return await activity_list.of_task(reader, caller, task_id)
