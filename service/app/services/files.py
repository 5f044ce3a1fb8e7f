"""Files of tasks: rows in the database, bytes in the store."""

import asyncio
from os.path import splitext
from typing import IO, Any
from uuid import uuid4

from sqlalchemy import bindparam, func, select
from sqlalchemy import delete as delete_from
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.errors import BadRequest, NotFound, ServiceError
from app.persistence import turns
from app.persistence.models import MAX_ID, Task, TaskFile, User
from app.persistence.read_queries import Reader, SessionReader
from app.services import activity, bounds, content_types, events
from app.services.access import PERMISSION, Level, level_of, require, require_level, task_for
from app.services.accounts import Caller
from app.services.task_views import View
from app.storage.store import Store

COLUMNS = (
    TaskFile.id,
    TaskFile.task_id,
    TaskFile.original_filename,
    TaskFile.file_size,
    TaskFile.content_type,
    TaskFile.uploaded_at,
)
OF_TASK = select(*COLUMNS).where(TaskFile.task_id == bindparam("task_id")).order_by(TaskFile.id)
STORED = (
    select(
        TaskFile.stored_filename,
        TaskFile.original_filename,
        TaskFile.content_type,
        Task.user_id.label("owner_id"),
        PERMISSION,
    )
    .join(Task, Task.id == TaskFile.task_id)
    .where(TaskFile.id == bindparam("file_id"))
)
# The bytes of all files of a task's owner: by task, as a join would read every user's files.
SIZE_OF_TASK = (
    select(func.sum(TaskFile.file_size)).where(TaskFile.task_id == Task.id).scalar_subquery()
)
TARGET = aliased(Task)
OWNER = select(TARGET.user_id).where(TARGET.id == bindparam("task_id")).scalar_subquery()
STORED_SIZE = select(func.coalesce(func.sum(SIZE_OF_TASK), 0)).where(Task.user_id == OWNER)


async def of_task(reader: Reader, caller: Caller, task_id: int) -> list[View]:
    """All of them, oldest first."""
    await require_level(reader, caller, task_id, at_least=Level.VIEW)
    return await reader.rows(OF_TASK, task_id=task_id)


async def require_upload(
    reader: Reader, caller: Caller, task_id: int, *, filename: str, allowed: list[str]
) -> None:
    """Checks the permission, then the extension, before the bytes arrive."""
    await require_level(reader, caller, task_id, at_least=Level.EDIT)
    if _extension(filename) not in allowed:
        raise BadRequest(f"Only these kinds of file are accepted: {', '.join(allowed)}")


async def require_room(reader: Reader, task_id: int, *, size: int, quota: int) -> None:
    """Raises BadRequest if so many bytes more are too many for the owner of the task."""
    stored = await reader.value(STORED_SIZE, task_id=task_id)
    if stored + size > quota:
        raise BadRequest(
            f"The files of this task's owner take {stored} of {quota} bytes: delete some first"
        )


async def add(
    session: AsyncSession,
    caller: Caller,
    task_id: int,
    *,
    filename: str,
    content: IO[bytes],
    size: int,
    store: Store,
    quota: int,
) -> View:
    """Stores the bytes, then the row; a failure leaves neither."""
    extension = _extension(filename)
    head = content.read(content_types.HEAD)
    content.seek(0)
    name = f"task_{task_id}_{uuid4()}{extension}"
    await store.put(name, content)
    file = TaskFile(
        task_id=task_id,
        original_filename=filename,
        stored_filename=name,
        file_size=size,
        content_type=content_types.content_type(head, extension),
    )
    try:
        await _insert(session, caller, file, quota=quota)
    except BaseException:
        # BaseException, as the request may be cancelled.
        await asyncio.shield(_forget(store, name))
        raise
    return {column.key: getattr(file, column.key) for column in COLUMNS}


async def find(reader: Reader, caller: Caller, file_id: int) -> View:
    """The row for a download; raises NotFound or PermissionDenied."""
    row = None
    if 0 < file_id <= MAX_ID:
        row = await reader.row(STORED, file_id=file_id, caller_id=caller.id)
    if row is None:
        raise _missing(file_id)
    level = level_of(caller, owner_id=row["owner_id"], permission=row["permission"])
    require(level, at_least=Level.VIEW)
    return row


async def delete(session: AsyncSession, caller: Caller, file_id: int) -> None:
    """Deletes the row; the bytes follow after the commit."""
    file = await _locked(session, caller, file_id)
    details = {"task_id": file.task_id, "filename": file.original_filename}
    _record(session, caller, file, "deleted", details)
    await session.execute(delete_from(TaskFile).where(TaskFile.id == file.id))
    events.announce(session, events.FilesDeleted((file.stored_filename,)))


async def _insert(session: AsyncSession, caller: Caller, file: TaskFile, *, quota: int) -> None:
    """Checks permission and room again, as both may have changed during the upload."""
    task = await task_for(session, caller, file.task_id, at_least=Level.EDIT, lock="keep")
    owner = select(User.id).where(User.id == task.user_id)
    # Until the commit, so that uploads to one owner's tasks do not take the same room.
    await session.execute(owner.with_for_update(key_share=True))
    await require_room(SessionReader(session), task.id, size=file.file_size, quota=quota)
    await bounds.require_room(
        session, of_task=TaskFile.task_id, task_id=task.id, most=bounds.FILES, things="files"
    )
    session.add(file)
    await session.flush()
    names = {"filename": file.original_filename}
    facts = {"file_size": file.file_size, "content_type": file.content_type}
    _record(session, caller, file, "uploaded", {"task_id": file.task_id, **names, **facts})
    # Here and not at the end of the request, so that a failed commit removes the bytes.
    await session.commit()


async def _forget(store: Store, name: str) -> None:
    try:
        await store.remove(name)
    except ServiceError:
        # The store has logged it; the answer reports the earlier error.
        return


async def _locked(session: AsyncSession, caller: Caller, file_id: int) -> TaskFile:
    """The row, locked; raises NotFound or PermissionDenied."""
    row = None
    if 0 < file_id <= MAX_ID:
        await turns.take(session, caller.id)
        columns = select(TaskFile, Task.user_id, PERMISSION)
        statement = columns.join(Task, Task.id == TaskFile.task_id).where(TaskFile.id == file_id)
        locked = statement.with_for_update(of=TaskFile)
        row = (await session.execute(locked, {"caller_id": caller.id})).one_or_none()
    if row is None:
        raise _missing(file_id)
    file, owner_id, permission = row
    require(level_of(caller, owner_id=owner_id, permission=permission), at_least=Level.EDIT)
    return file


def _missing(file_id: int) -> NotFound:
    return NotFound(f"File {file_id} does not exist")


def _extension(filename: str) -> str:
    return splitext(filename)[1].lower()


def _record(
    session: AsyncSession,
    caller: Caller,
    file: TaskFile,
    action: activity.Action,
    details: dict[str, Any],
) -> None:
    activity.record(
        session,
        actor_id=caller.id,
        action=action,
        resource=("file", file.id),
        task_id=file.task_id,
        details=details,
    )
