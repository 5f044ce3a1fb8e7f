"""Registration and login."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.schemas.fields import Body, Instant, Text
from app.schemas.names import NewUsername

# One @ between two parts without blanks or control characters. Stricter rules refuse addresses that
# work; whether this one does, only a mail to it tells.
Email = Annotated[
    Text, Field(max_length=100, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$")
]
Password = Annotated[Text, Field(min_length=8, max_length=100)]


class Registration(Body):
    """A new account."""

    username: NewUsername
    email: Email
    password: Password


class Login(Body):
    """A username and its password."""

    username: Text
    password: Text


class Token(BaseModel):
    """A token, to be sent as `Authorization: Bearer …`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name


class UserOut(BaseModel):
    """An account without its secrets."""

    id: int
    username: str
    email: str
    created_at: Instant
