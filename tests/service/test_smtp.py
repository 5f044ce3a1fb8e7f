"""Mail by SMTP, against a server small enough to read."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import EmailMessage
from email.policy import default

import pytest
from pydantic import SecretStr

from app.errors import Failed
from app.mail.message import Mail
from app.mail.senders import Smtp
from app.settings import Settings

from .conftest import running
from .people import People


class Server:
    """Takes every mail, or refuses every recipient."""

    def __init__(self, *, refusing: bool) -> None:
        self._refusing = refusing
        self.recipients: list[str] = []
        self.commands: list[str] = []
        self.mails: list[EmailMessage] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            self.commands.append(verb.upper())
            writer.write(await self._answer(verb.upper(), rest, reader, writer))
            await writer.drain()
            if verb.upper() == "QUIT":
                break
        writer.close()

    async def _answer(
        self, verb: str, rest: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        match verb:
            case "RCPT" if self._refusing:
                return b"550 no such person\r\n"
            case "RCPT":
                self.recipients.append(rest.partition("<")[2].partition(">")[0])
            case "DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(email.message_from_bytes(content[:-3], policy=default))
        return b"250 OK\r\n"


@asynccontextmanager
async def server(*, refusing: bool = False) -> AsyncIterator[tuple[Server, str]]:
    smtp = Server(refusing=refusing)
    listening = await asyncio.start_server(smtp, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield smtp, f"smtp://127.0.0.1:{port}"


def mailer(url: str) -> Smtp:
    return Smtp(url, "Tasks <tasks@test.com>")


async def test_a_mail_arrives_as_it_was_written():
    async with server() as (smtp, url):
        await mailer(url).send(Mail("alice@test.com", "New Comment: Grüße", "Hello, ☃\n"))
    [mail] = smtp.mails
    assert smtp.recipients == ["alice@test.com"]
    assert (mail["from"], mail["to"]) == ("Tasks <tasks@test.com>", "alice@test.com")
    assert mail["subject"] == "New Comment: Grüße"
    assert mail.get_content() == "Hello, ☃\n"


@pytest.mark.parametrize(
    "address",
    ["a@test.com, b@test.com", "a@test.com\r\nBcc: b@test.com", "a", "", "<a@test.com>", "a@b@c"],
)
async def test_an_address_that_may_be_several_gets_no_mail(address):
    async with server() as (smtp, url):
        with pytest.raises(Failed):
            await mailer(url).send(Mail(address, "s", "b"))
    assert smtp.commands == []


async def test_a_password_never_travels_in_clear():
    async with server() as (smtp, url):
        with pytest.raises(Failed):
            await mailer(url.replace("//", "//user:secret@")).send(Mail("a@test.com", "s", "b"))
    assert "AUTH" not in smtp.commands


async def test_a_refused_mail_is_logged_without_its_address(caplog: pytest.LogCaptureFixture):
    async with server(refusing=True) as (_, url):
        with pytest.raises(Failed):
            await mailer(url).send(Mail("alice@test.com", "s", "b"))
    [record] = caplog.records
    assert record.__dict__["reason"] == "SMTPRecipientsRefused"
    assert "alice" not in str(record.__dict__)


async def test_a_request_that_sends_a_mail_is_a_500_without_a_mail_server(settings: Settings):
    gone = {"email_provider": "smtp", "smtp_url": SecretStr("smtp://127.0.0.1:9")}
    async with running(settings, **gone) as client:
        alice = await People(client)("alice")
        response = await alice("POST", "/notifications/send-verification")
        assert (response.status_code, list(response.json())) == (500, ["detail"])
        reset = await client.post("/auth/password-reset/request", json={"email": "alice@test.com"})
        assert reset.status_code == 200


async def test_the_service_mails_by_smtp(settings: Settings):
    async with AsyncExitStack() as stack:
        smtp, url = await stack.enter_async_context(server())
        changes = {"email_provider": "smtp", "smtp_url": SecretStr(url)}
        client = await stack.enter_async_context(running(settings, **changes))
        alice = await People(client)("alice")
        response = await alice("POST", "/notifications/send-verification")
    assert response.status_code == 200
    assert "/verify?token=" in smtp.mails[0].get_content()
