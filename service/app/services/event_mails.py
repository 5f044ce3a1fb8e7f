"""The mails that events cause: recipients and texts."""

from urllib.parse import urlencode

from sqlalchemy import and_, bindparam, func, select

from app.mail.message import Mail
from app.persistence.models import NotificationPreferences, User
from app.persistence.read_queries import Reader, Statement
from app.services.events import (
    CommentAdded,
    Event,
    PasswordResetRequested,
    TaskCompleted,
    TaskShared,
)
from app.services.notifications import DEFAULTS


def _recipient_statement(flag: str) -> Statement:
    wanted = [
        func.coalesce(getattr(NotificationPreferences, name), DEFAULTS[name])
        for name in ("email_enabled", flag)
    ]
    return (
        select(User.email)
        .outerjoin(NotificationPreferences, NotificationPreferences.user_id == User.id)
        .where(and_(User.id == bindparam("user_id"), User.email_verified, *wanted))
    )


RECIPIENTS = {flag: _recipient_statement(flag) for flag in DEFAULTS}


async def for_event(reader: Reader, event: Event, *, frontend_url: str) -> Mail | None:
    """The mail for an event, or None when it causes none or the recipient wants none."""
    match event:
        case PasswordResetRequested():
            return _reset(event, frontend_url)
        case TaskShared():
            to = await _recipient(reader, event.recipient_id, "task_shared_with_me")
            return _shared(event, to) if to else None
        case CommentAdded():
            to = await _recipient(reader, event.owner_id, "comment_on_my_task")
            return _commented(event, to) if to else None
        case TaskCompleted():
            to = await _recipient(reader, event.owner_id, "task_completed")
            return _completed(event, to) if to else None
        case _:
            return None


def parties(event: Event) -> str | None:
    """The user who causes the mail and the one who gets it, as one key."""
    match event:
        case TaskShared(sharer=sender, recipient_id=recipient):
            return f"{sender}:{recipient}"
        case CommentAdded(commenter=sender, owner_id=recipient):
            return f"{sender}:{recipient}"
        case TaskCompleted(actor=sender, owner_id=recipient):
            return f"{sender}:{recipient}"
        case _:
            return None


async def _recipient(reader: Reader, user_id: int, flag: str) -> str | None:
    """The address, if it is verified and the user wants this kind of mail."""
    return await reader.value(RECIPIENTS[flag], user_id=user_id)


def verification(*, to: str, token: str, frontend_url: str) -> Mail:
    """The mail that asks the owner of an address to confirm it.

    Like the reset mail it has no text of a user, not even a name: the address may belong to another
    person, and a name can be any sentence.
    """
    link = _link(frontend_url, "verify", token)
    body = (
        f"Hello,\n\nconfirm your address within 24 hours:\n\n{link}\n\n"
        "If you did not ask for this, do nothing.\n"
    )
    return Mail(to, "Confirm your email address", body)


def _reset(event: PasswordResetRequested, frontend_url: str) -> Mail:
    link = _link(frontend_url, "password-reset", event.token)
    body = (
        f"Hello,\n\nset a new password within 30 minutes:\n\n{link}\n\n"
        "If you did not ask for this, do nothing.\n"
    )
    return Mail(event.email, "Reset your password", body)


def _shared(event: TaskShared, to: str) -> Mail:
    body = (
        f"{event.sharer} shared the task '{event.task_title}' with you. "
        f"Your permission: {event.permission}.\n"
    )
    return Mail(to, _subject("Task Shared", event.task_title), body)


def _commented(event: CommentAdded, to: str) -> Mail:
    body = f"{event.commenter} commented on '{event.task_title}':\n\n{event.content}\n"
    return Mail(to, _subject("New Comment", event.task_title), body)


def _completed(event: TaskCompleted, to: str) -> Mail:
    body = f"{event.actor} completed your task '{event.task_title}'.\n"
    return Mail(to, _subject("Task Completed", event.task_title), body)


def _link(frontend_url: str, page: str, token: str) -> str:
    return f"{frontend_url.rstrip('/')}/{page}?{urlencode({'token': token})}"


def _subject(event: str, title: str) -> str:
    """A subject on one line, as a header must be."""
    return f"{event}: {' '.join(title.split())}"
