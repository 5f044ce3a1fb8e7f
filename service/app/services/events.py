"""Things that happened and that someone outside the request must hear of after it.

Domain functions announce them on the session; they are handed on only once its transaction has
committed and the response is sent, so a failing mail server cannot undo or delay a change.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

KEY = "events"


class Event:
    """Something that happened."""


@dataclass(frozen=True)
class TaskShared(Event):
    """A task was shared with someone."""

    task_title: str
    sharer: str
    recipient_id: int
    permission: str


@dataclass(frozen=True)
class CommentAdded(Event):
    """Someone other than the owner commented on a task."""

    task_title: str
    commenter: str
    owner_id: int
    content: str


@dataclass(frozen=True)
class TaskCompleted(Event):
    """Someone other than the owner completed a task."""

    task_title: str
    actor: str
    owner_id: int


@dataclass(frozen=True)
class PasswordResetRequested(Event):
    """A reset link is to be mailed; the token exists nowhere else in clear."""

    email: str
    username: str
    token: str


@dataclass(frozen=True)
class FilesDeleted(Event):
    """Rows are gone; their bytes in the store are to follow."""

    stored_filenames: tuple[str, ...]


Listener = Callable[[Event], Awaitable[None]]


def announce(session: AsyncSession, event: Event) -> None:
    """Hands the event on after the commit, or never if there is none."""
    session.info.setdefault(KEY, []).append(event)


def announced(session: AsyncSession) -> list[Event]:
    return session.info.get(KEY, [])
