"""Sending mail: nowhere, into a file, or to an SMTP server."""

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

TIMEOUT = 10
# One address and nothing that could become a second one, or a header.
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+")


class Nowhere:
    """Sends nothing."""

    async def send(self, mail: Mail) -> None:
        log.info("mail not sent: EMAIL_PROVIDER is none")


class Outbox:
    """Appends a line of JSON per mail to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, mail: Mail) -> None:
        try:
            await asyncio.to_thread(self._append, mail)
        except OSError as error:
            raise _failed(error.strerror) from None

    def _append(self, mail: Mail) -> None:
        line = json.dumps({"to": mail.to, "subject": mail.subject, "body": mail.body}) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # One write in append mode: lines of several workers never mix.
            os.write(file, line.encode())
        finally:
            os.close(file)


class Smtp:
    """Hands mails to a server. A password never travels in clear."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._sender = sender
        self._server = {
            "hostname": parts.hostname,
            "port": parts.port,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            # True insists on it, None takes it where it is offered.
            "start_tls": True if parts.username and parts.scheme == "smtp" else None,
            "timeout": TIMEOUT,
        }

    async def send(self, mail: Mail) -> None:
        # Loading them takes longer than most processes of this service need them for.
        from email.message import EmailMessage

        import aiosmtplib

        if not ADDRESS.fullmatch(mail.to):
            raise _failed("not one mail address")
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message.set_content(mail.body)
        try:
            await aiosmtplib.send(message, **self._server)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Not its text, which may quote the address.
            raise _failed(type(error).__name__) from None


def create_mailer(settings: Settings) -> Mailer:
    """The one that the settings name."""
    if settings.email_provider == "file" and settings.email_outbox:
        return Outbox(settings.email_outbox)
    if settings.email_provider == "smtp" and settings.smtp_url:
        return Smtp(settings.smtp_url.get_secret_value(), settings.email_from)
    return Nowhere()


def _failed(reason: str | None) -> Failed:
    log.error("a mail could not be sent", extra={"reason": reason})
    return Failed("The mail could not be sent")
