"""Avatars."""

from io import BytesIO

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.persistence import turns
from app.persistence.models import MAX_ID, User
from app.persistence.read_queries import Reader
from app.services import content_types
from app.services.accounts import Caller
from app.services.images import Picture
from app.storage.store import OnDisk, Store, Streamed

PATH = select(User.avatar_url).where(User.id == bindparam("user_id"))


async def put(session: AsyncSession, caller: Caller, picture: Picture, store: Store) -> str:
    """Replaces the avatar; returns its path."""
    # One name per user, so that a failure leaves no older avatar behind.
    await store.put(_name(caller.id), BytesIO(picture.data))
    path = _path(caller.id, picture.extension)
    await turns.take(session, caller.id)
    await session.execute(update(User).where(User.id == caller.id).values(avatar_url=path))
    return path


async def find(
    reader: Reader, user_id: int, extension: str, store: Store
) -> tuple[OnDisk | Streamed, str]:
    """The bytes and their content type; raises NotFound."""
    path = None
    if 0 < user_id <= MAX_ID:
        path = await reader.value(PATH, user_id=user_id)
    if path is None or path != _path(user_id, f".{extension}"):
        raise NotFound("This user has no such avatar")
    # Returns the connection before waiting for the store.
    reader.release()
    return await store.open(_name(user_id)), content_types.EXTENSIONS[f".{extension}"]


def _name(user_id: int) -> str:
    return f"avatar_{user_id}"


def _path(user_id: int, extension: str) -> str:
    return f"/users/{user_id}/avatar{extension}"
