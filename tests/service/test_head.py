"""HEAD, as monitors and link checkers send it."""

from pathlib import Path

import httpx

from .conftest import running
from .people import People
from .test_mail import mails, token_in
from .uploads import upload

PUBLIC = ("/", "/health", "/version", "/ready", "/docs", "/redoc", "/openapi.json")


async def test_every_operation_that_has_get_has_head(client: httpx.AsyncClient):
    for path, operations in (await client.get("/openapi.json")).json()["paths"].items():
        asked = await client.head(path.replace("{", "").replace("}", ""))
        assert (asked.status_code == 405) is ("get" not in operations), path
        assert "head" not in operations, path


async def test_head_answers_with_the_headers_of_get_and_no_body(client: httpx.AsyncClient):
    for path in PUBLIC:
        got, asked = await client.get(path), await client.head(path)
        assert asked.status_code == got.status_code == 200, path
        assert asked.content == b"", path
        for name in ("content-type", "content-length"):
            assert asked.headers[name] == got.headers[name], path


async def test_head_needs_the_token_that_get_needs(people: People, client: httpx.AsyncClient):
    alice = await people("alice")
    assert (await client.head("/tasks")).status_code == 401
    assert (await alice("HEAD", "/tasks")).status_code == 200
    assert (await alice("HEAD", "/tasks/1")).status_code == 404


async def test_head_of_a_file_has_its_size(people: People):
    alice = await people("alice")
    await alice.task()
    assert (await upload(alice, "a.txt", b"hello")).status_code == 201
    asked = await alice("HEAD", "/files/1")
    assert (asked.status_code, asked.headers["content-length"]) == (200, "5")
    assert asked.headers["content-disposition"] == 'attachment; filename="a.txt"'


async def test_looking_at_a_link_in_a_mail_does_not_use_it_up(settings, tmp_path: Path):
    outbox = tmp_path / "outbox"
    async with running(settings, email_provider="file", email_outbox=outbox) as client:
        alice = await People(client)("alice")
        await alice("POST", "/notifications/send-verification")
        [mail] = mails(outbox)
        link = f"/notifications/verify?token={token_in(mail)}"
        assert (await client.head(link)).status_code == 302
        assert (await alice.get("/users/me"))["email_verified"] is False
        assert (await client.get(link)).status_code == 302
        assert (await alice.get("/users/me"))["email_verified"] is True
