"""Sharing.

A share is named by a part of the path, or by the query where a name cannot be part of a path.
"""

from typing import Any

from fastapi import APIRouter

from app.api.dependencies import CurrentCaller, Reads, Session
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.schemas.collaboration import PermissionChange, SharedTask, ShareOut, ShareRequest
from app.schemas.fields import Text
from app.services import shares

router = APIRouter(prefix="/tasks", tags=["shares"], route_class=AuthenticatedRoute)


@router.get("/shared-with-me", response_model=list[SharedTask], responses=errors(401))
async def shared_with_me(reader: Reads, caller: CurrentCaller) -> Any:
    """The tasks that other users share with the caller."""
    return await shares.with_caller(reader, caller)


@router.get("/{task_id}/shares", response_model=list[ShareOut], responses=errors(401, 403, 404))
async def list_shares(task_id: int, reader: Reads, caller: CurrentCaller) -> Any:
    """The shares of a task."""
    return await shares.of_task(reader, caller, task_id)


@router.post(
    "/{task_id}/share",
    status_code=201,
    response_model=ShareOut,
    responses=errors(400, 401, 403, 404, 409, 413, 429),
)
async def share_task(
    task_id: int, body: ShareRequest, session: Session, caller: CurrentCaller
) -> Any:
    """Shares a task with another user."""
    return await shares.share(
        session,
        caller,
        task_id,
        username=body.shared_with_username,
        permission=body.permission,
    )


@router.put(
    "/{task_id}/share/{username:path}",
    response_model=ShareOut,
    responses=errors(401, 403, 404, 413, 429),
)
@router.put("/{task_id}/share", response_model=ShareOut, responses=errors(401, 403, 404, 413, 429))
async def change_share(
    task_id: int, username: Text, body: PermissionChange, session: Session, caller: CurrentCaller
) -> Any:
    """Changes the permission of a share."""
    return await shares.change(
        session, caller, task_id, username=username, permission=body.permission
    )


@router.delete(
    "/{task_id}/share/{username:path}", status_code=204, responses=errors(401, 403, 404, 429)
)
@router.delete("/{task_id}/share", status_code=204, responses=errors(401, 403, 404, 429))
async def unshare_task(
    task_id: int, username: Text, session: Session, caller: CurrentCaller
) -> None:
    """Withdraws a share."""
    await shares.unshare(session, caller, task_id, username=username)
