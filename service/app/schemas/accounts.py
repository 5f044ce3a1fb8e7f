"""Registration and login."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.schemas.fields import Body, Instant, Text
from app.schemas.names import NewUsername

Password = Annotated[Text, Field(min_length=8, max_length=100)]


class Registration(Body):
    """A new account."""

    username: NewUsername
    email: Annotated[Text, Field(max_length=100)]
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
