"""The passwords that are refused.

There is no list of common passwords: clients rely on `password` being accepted.
"""

from app.errors import BadRequest


def require_unlike(password: str, *, username: str, email: str) -> None:
    """Raises BadRequest for a password that is the first guess: the name or the address."""
    if password.casefold() in (username.casefold(), email.casefold(), _local_part(email)):
        raise BadRequest("The password must not be the username or the email address")


def _local_part(email: str) -> str:
    return email.rpartition("@")[0].casefold()
