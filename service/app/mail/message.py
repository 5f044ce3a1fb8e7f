"""A mail, and the interface of mail senders."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Mail:
    """A mail to one address, as plain text."""

    to: str
    subject: str
    body: str


class Mailer(Protocol):
    """Sends mails. Logs its failures and raises `Failed`."""

    async def send(self, mail: Mail) -> None:
        """Sends one mail."""
        ...
