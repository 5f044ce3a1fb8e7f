"""Finding users by name, however the client writes it.

New names are stored in one form of normalisation, NFKC. Names from before that rule are stored as
they were typed, and stay reachable.
"""

import unicodedata
from typing import Literal

from sqlalchemy import ColumnElement

from app.persistence.models import User

FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


def spellings(name: str) -> list[str]:
    """The name as typed, and in each form of normalisation."""
    return list(dict.fromkeys([name, *(unicodedata.normalize(form, name) for form in FORMS)]))


def has_name(name: str) -> ColumnElement[bool]:
    """The condition: the username is one of the spellings."""
    return User.username.in_(spellings(name))


def exact_first(name: str) -> ColumnElement[bool]:
    """The order in which an account with the name as typed comes first."""
    return (User.username == name).desc()
