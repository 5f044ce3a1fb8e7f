"""Sharing."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from app.api.dependencies import CurrentCaller, Reads, Session
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.schemas.collaboration import PermissionChange, SharedTask, ShareOut, ShareRequest
from app.schemas.fields import WITHOUT_NUL
from app.services import shares

router = APIRouter(prefix="/tasks", tags=["shares"], route_class=AuthenticatedRoute)

Username = Annotated[str, Path(pattern=WITHOUT_NUL)]
AnyUsername = Annotated[str, Query(pattern=WITHOUT_NUL)]


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
    responses=errors(400, 401, 403, 404, 409, 413),
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
    responses=errors(401, 403, 404, 413),
)
async def change_share(
    task_id: int,
    username: Username,
    body: PermissionChange,
    session: Session,
    caller: CurrentCaller,
) -> Any:
    """Changes the permission of a share."""
    return await shares.change(
        session, caller, task_id, username=username, permission=body.permission
    )


@router.delete("/{task_id}/share/{username:path}", status_code=204, responses=errors(401, 403, 404))
async def unshare_task(
    task_id: int, username: Username, session: Session, caller: CurrentCaller
) -> None:
    """Withdraws a share."""
    await shares.unshare(session, caller, task_id, username=username)


@router.put(
    "/{task_id}/share",
    response_model=ShareOut,
    responses=errors(401, 403, 404, 413),
)
async def change_any_share(
    task_id: int,
    username: AnyUsername,
    body: PermissionChange,
    session: Session,
    caller: CurrentCaller,
) -> Any:
    """Changes the permission of a share, also for a name that cannot be part of a path."""
    return await shares.change(
        session, caller, task_id, username=username, permission=body.permission
    )


@router.delete("/{task_id}/share", status_code=204, responses=errors(401, 403, 404))
async def unshare_any_task(
    task_id: int, username: AnyUsername, session: Session, caller: CurrentCaller
) -> None:
    """Withdraws a share, also for a name that cannot be part of a path."""
    await shares.unshare(session, caller, task_id, username=username)
