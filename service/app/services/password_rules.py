"""The passwords that are refused.

Common ones are refused by a setting only: clients of a drop-in rely on `password` being accepted.
"""

from app.errors import BadRequest
from app.settings import Settings


class PasswordRules:
    """Refuses passwords that are guessed first."""

    def __init__(self, settings: Settings) -> None:
        self._common = _common() if settings.refuse_common_passwords else frozenset[str]()

    def require(self, password: str, *, username: str, email: str) -> None:
        """Raises BadRequest for the name, the address, or a common password where set."""
        guess = password.casefold()
        if guess in (username.casefold(), email.casefold(), _local_part(email)):
            raise BadRequest("The password must not be the username or the email address")
        if guess in self._common:
            raise BadRequest("This password is on lists of common passwords: choose another one")


def _common() -> frozenset[str]:
    """30 thousand passwords from leaks, in lower case."""
    # Here, as the list takes 14 MB of memory.
    from zxcvbn.frequency_lists import (  # pyright: ignore[reportMissingTypeStubs]
        FREQUENCY_LISTS,
    )

    # The list alone: its estimate takes seconds for some passwords, which anyone could send.
    return frozenset(FREQUENCY_LISTS["passwords"])


def _local_part(email: str) -> str:
    return email.rpartition("@")[0].casefold()
