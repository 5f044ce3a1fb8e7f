"""Shares, comments, users and passwords."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.schemas.accounts import Password, UserOut
from app.schemas.fields import Body, Permission, PlainInstant, Text
from app.schemas.tasks import TaskOut


class ShareRequest(Body):
    """The user to share with, and the permission."""

    shared_with_username: Text
    permission: Permission = "view"


class PermissionChange(Body):
    """A new permission for a user who has one already."""

    permission: Permission


class ShareOut(BaseModel):
    """A user's permission on a task."""

    id: int
    task_id: int
    shared_with_user_id: int
    shared_with_username: str
    permission: Permission
    shared_at: PlainInstant


class SharedTask(BaseModel):
    """A task that another user owns."""

    task: TaskOut
    permission: Permission
    is_owner: bool
    owner_username: str


class CommentIn(Body):
    """The text of a comment."""

    content: Annotated[Text, Field(min_length=1, max_length=1000)]


class Profile(UserOut):
    """The caller's own account."""

    avatar_url: str | None
    email_verified: bool


class Person(BaseModel):
    """A user to share with."""

    id: int
    username: str


class PasswordChange(Body):
    """The current password and the new one."""

    current_password: Text
    new_password: Password


class ResetRequest(Body):
    """The address for the reset link."""

    email: Text


class Reset(Body):
    """The token from the link, and the new password."""

    token: Text
    new_password: Password
