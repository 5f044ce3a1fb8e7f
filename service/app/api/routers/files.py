"""Files of tasks."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app.api.dependencies import AppResources, CurrentCaller, Reads, Session
from app.api.file_responses import FORM, attachment, bytes_of, form_file
from app.api.limited import by_caller, by_caller_and_task, limited
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.schemas.files import FileCreated, FileInfo
from app.services import content_types, files, rate_limits

router = APIRouter(tags=["files"], route_class=AuthenticatedRoute)


@router.post(
    "/tasks/{task_id}/files",
    status_code=201,
    response_model=FileCreated,
    responses=errors(400, 401, 403, 404, 429, 500),
    openapi_extra=FORM,
)
@limited(rate_limits.UPLOADS, by_caller)
@limited(rate_limits.UPLOAD, by_caller_and_task)
async def upload_file(
    task_id: int, request: Request, session: Session, caller: CurrentCaller, resources: AppResources
) -> Any:
    """Adds a file to a task."""
    upload = await form_file(request)
    await resources.rate_limiter.hit(rate_limits.UPLOAD, f"{caller.id}:{task_id}")
    await resources.rate_limiter.hit(rate_limits.UPLOADS, caller.id)
    settings = resources.settings
    with resources.database.reader() as reader:
        await files.require_upload(
            reader, caller, task_id, filename=upload.name, allowed=settings.allowed_extensions
        )
        await files.require_room(reader, task_id, size=1, quota=settings.max_stored_size)
    with resources.store.spool() as spool:
        size = await upload.write_to(spool, limit=settings.max_upload_size)
        return await files.add(
            session,
            caller,
            task_id,
            filename=upload.name,
            content=spool,
            size=size,
            store=resources.store,
            quota=settings.max_stored_size,
        )


@router.get(
    "/tasks/{task_id}/files", response_model=list[FileInfo], responses=errors(401, 403, 404)
)
async def list_files(task_id: int, reader: Reads, caller: CurrentCaller) -> Any:
    """The files of a task, oldest first."""
    return await files.of_task(reader, caller, task_id)


@router.get(
    "/files/{file_id}",
    response_class=Response,
    responses=bytes_of("*/*", "The file") | errors(401, 403, 404, 500),
)
async def download_file(
    file_id: int, reader: Reads, caller: CurrentCaller, resources: AppResources
) -> Response:
    """The bytes of a file."""
    file = await files.find(reader, caller, file_id)
    # Returns the connection before waiting for the store.
    reader.release()
    return attachment(
        await resources.store.open(file["stored_filename"]),
        content_type=file["content_type"] or content_types.UNKNOWN,
        filename=file["original_filename"],
    )


@router.delete("/files/{file_id}", status_code=204, responses=errors(401, 403, 404, 429))
async def delete_file(file_id: int, session: Session, caller: CurrentCaller) -> None:
    """Deletes a file."""
    await files.delete(session, caller, file_id)
