"""Mail senders: none, into a file, or to an SMTP server."""

import asyncio
import json
import logging
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.errors import Failed
from app.mail.message import Mail, Mailer
from app.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
# Exactly one address: no text that could become a second one, or a header.
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+")


class NoMail:
    """Discards mails."""

    async def send(self, mail: Mail) -> None:
        """See Mailer."""
        log.info("mail not sent: EMAIL_PROVIDER is none")


class Outbox:
    """Appends a line of JSON per mail to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, mail: Mail) -> None:
        """See Mailer."""
        try:
            await asyncio.to_thread(self._append, mail)
        except OSError as error:
            raise _failed(error.strerror) from None

    def _append(self, mail: Mail) -> None:
        line = json.dumps({"to": mail.to, "subject": mail.subject, "body": mail.body}) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # One write in append mode, so that lines of several workers do not mix.
            os.write(file, line.encode())
        finally:
            os.close(file)


class Smtp:
    """Sends mails to a server; a password is sent over TLS only."""

    def __init__(self, url: str, sender: str) -> None:
        self._sender = sender
        self._server = urlsplit(url)

    async def send(self, mail: Mail) -> None:
        """See Mailer."""
        # Late, as loading them takes time and memory, and many processes never send a mail.
        from email.message import EmailMessage

        import aiosmtplib

        if not ADDRESS.fullmatch(mail.to):
            raise _failed("not one mail address")
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message.set_content(mail.body)
        server = self._server
        try:
            await aiosmtplib.send(
                message,
                hostname=server.hostname,
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                # True requires STARTTLS, None uses it where the server offers it.
                start_tls=True if server.username and server.scheme == "smtp" else None,
                timeout=TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Not its text, which may contain the address.
            raise _failed(type(error).__name__) from None


def create_mailer(settings: Settings) -> Mailer:
    """The sender that EMAIL_PROVIDER names."""
    if settings.email_provider == "file" and settings.email_outbox:
        return Outbox(settings.email_outbox)
    if settings.email_provider == "smtp" and settings.smtp_url:
        return Smtp(settings.smtp_url.get_secret_value(), settings.email_from)
    return NoMail()


def _failed(reason: str | None) -> Failed:
    log.error("a mail could not be sent", extra={"reason": reason})
    return Failed("The mail could not be sent")
