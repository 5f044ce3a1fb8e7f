"""Files on the wire."""

from pydantic import BaseModel

from app.schemas.fields import PlainInstant


class FileInfo(BaseModel):
    """A file of a task that is known."""

    id: int
    original_filename: str
    file_size: int
    content_type: str | None
    uploaded_at: PlainInstant


class FileCreated(FileInfo):
    """A file just uploaded."""

    task_id: int


class AvatarSet(BaseModel):
    """Where the picture is, below the API's own address."""

    avatar_url: str
