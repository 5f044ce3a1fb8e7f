"""Shares, comments and other people, on the wire."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.schemas.accounts import Password, UserOut
from app.schemas.fields import Body, Permission, PlainInstant, Text
from app.schemas.tasks import TaskOut


class ShareRequest(Body):
    """Whom to share with."""

    shared_with_username: Text
    permission: Permission = "view"


class PermissionChange(Body):
    """Another permission for someone who has one."""

    permission: Permission


class ShareOut(BaseModel):
    """Someone's permission on a task."""

    id: int
    task_id: int
    shared_with_user_id: int
    shared_with_username: str
    permission: Permission
    shared_at: PlainInstant


class SharedTask(BaseModel):
    """A task of someone else's."""

    task: TaskOut
    permission: Permission
    is_owner: bool
    owner_username: str


class CommentIn(Body):
    """What to say."""

    content: Annotated[Text, Field(min_length=1, max_length=1000)]


class Profile(UserOut):
    """The caller's own account."""

    avatar_url: str | None
    email_verified: bool


class Person(BaseModel):
    """Someone to share with."""

    id: int
    username: str


class PasswordChange(Body):
    """The old password and the new one."""

    current_password: str
    new_password: Password


class ResetRequest(Body):
    """Where to send the link."""

    email: Text


class Reset(Body):
    """The token from the link, and the new password."""

    token: str
    new_password: Password
