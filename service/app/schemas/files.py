"""Files and avatars."""

from pydantic import BaseModel

from app.schemas.fields import PlainInstant


class FileInfo(BaseModel):
    """A file, without the id of its task."""

    id: int
    original_filename: str
    file_size: int
    content_type: str | None
    uploaded_at: PlainInstant


class FileCreated(FileInfo):
    """A new file."""

    task_id: int


class AvatarSet(BaseModel):
    """The avatar's path below the API's base URL."""

    avatar_url: str
