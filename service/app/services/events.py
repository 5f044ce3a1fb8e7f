"""Events: changes that cause a mail or the removal of bytes.

Services announce them on the session. They are handled after the commit and the response, so a
failing mail server cannot undo or delay a change.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

KEY = "events"


class Event:
    """A change that has consequences outside the database."""


@dataclass(frozen=True)
class TaskShared(Event):
    """A task was shared."""

    task_title: str
    sharer: str
    recipient_id: int
    permission: str


@dataclass(frozen=True)
class CommentAdded(Event):
    """A user other than the owner commented on a task."""

    task_title: str
    commenter: str
    owner_id: int
    content: str


@dataclass(frozen=True)
class TaskCompleted(Event):
    """A user other than the owner completed a task."""

    task_title: str
    actor: str
    owner_id: int


@dataclass(frozen=True)
class PasswordResetRequested(Event):
    """A reset link must be mailed; only this event has its token in clear."""

    email: str
    token: str


@dataclass(frozen=True)
class FilesDeleted(Event):
    """Rows of files were deleted; their bytes must be removed from the store."""

    stored_filenames: tuple[str, ...]


Listener = Callable[[Event], Awaitable[None]]


def announce(session: AsyncSession, event: Event) -> None:
    """Has the event handled after the commit."""
    session.info.setdefault(KEY, []).append(event)


def announced(session: AsyncSession) -> list[Event]:
    """The events announced so far."""
    return session.info.get(KEY, [])
