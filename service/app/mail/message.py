"""A mail, and what sends it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Mail:
    """One mail to one address."""

    to: str
    subject: str
    body: str


class Mailer(Protocol):
    """Sends mails; raises `Failed` after a line in the log."""

    async def send(self, mail: Mail) -> None: ...
