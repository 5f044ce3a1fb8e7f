"""Comments."""

from typing import Any

from fastapi import APIRouter

from app.api.dependencies import AppResources, CurrentCaller, Reads, Session
from app.api.limited import by_caller, limited
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.schemas.collaboration import CommentIn
from app.schemas.tasks import CommentOut
from app.services import comments, rate_limits

router = APIRouter(tags=["comments"], route_class=AuthenticatedRoute)


@router.post(
    "/tasks/{task_id}/comments",
    status_code=201,
    response_model=CommentOut,
    responses=errors(400, 401, 403, 404, 413, 429),
)
@limited(rate_limits.COMMENT, by_caller)
async def add_comment(
    task_id: int, body: CommentIn, session: Session, caller: CurrentCaller, resources: AppResources
) -> Any:
    """Adds a comment to a task."""
    await resources.rate_limiter.hit(rate_limits.COMMENT, caller.id)
    return await comments.add(session, caller, task_id, body.content)


@router.get(
    "/tasks/{task_id}/comments",
    response_model=list[CommentOut],
    responses=errors(401, 403, 404),
)
async def list_comments(task_id: int, reader: Reads, caller: CurrentCaller) -> Any:
    """The comments of a task, oldest first."""
    return await comments.of_task(reader, caller, task_id)


@router.patch(
    "/comments/{comment_id}",
    response_model=CommentOut,
    responses=errors(401, 403, 404, 413, 429),
)
async def edit_comment(
    comment_id: int, body: CommentIn, session: Session, caller: CurrentCaller
) -> Any:
    """Changes a comment; only its author may."""
    return await comments.edit(session, caller, comment_id, body.content)


@router.delete("/comments/{comment_id}", status_code=204, responses=errors(401, 403, 404, 429))
async def delete_comment(comment_id: int, session: Session, caller: CurrentCaller) -> None:
    """Deletes a comment; its author and the task's owner may."""
    await comments.delete(session, caller, comment_id)
