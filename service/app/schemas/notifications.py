"""Mail preferences and the verification of an address."""

from pydantic import BaseModel

from app.schemas.fields import Body, Flag, Instant, Message, Text


class Preferences(BaseModel):
    """The mails that a user wants."""

    user_id: int
    email_verified: bool
    email_enabled: bool
    task_shared_with_me: bool
    task_completed: bool
    comment_on_my_task: bool
    task_due_soon: bool
    updated_at: Instant | None


class PreferencesChange(Body):
    """The flags to change. Fields that were not sent keep their value; the defaults are unused."""

    email_enabled: Flag = True
    task_shared_with_me: Flag = True
    task_completed: Flag = False
    comment_on_my_task: Flag = True
    task_due_soon: Flag = True


class Subscribed(Message):
    """The address that mails go to."""

    email: str


class VerificationSent(Subscribed):
    """The address that the link went to, and its lifetime."""

    expires_in: str


class VerificationToken(Body):
    """The token from the link."""

    token: Text


class Verified(Message):
    """The user whose address is verified."""

    username: str
