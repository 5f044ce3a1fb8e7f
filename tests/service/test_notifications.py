"""Mail preferences and the verification of an address."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.settings import Settings

from .conftest import running
from .people import People
from .test_mail import mails, token_in

DEFAULTS = {
    "user_id": 1,
    "email_verified": False,
    "email_enabled": True,
    "task_shared_with_me": True,
    "task_completed": False,
    "comment_on_my_task": True,
    "task_due_soon": True,
    "updated_at": None,
}
PREFERENCES = "/notifications/preferences"


async def test_preferences_begin_with_the_defaults(people: People):
    alice = await people("alice")
    answers = await asyncio.gather(*(alice.get(PREFERENCES) for _ in range(8)))
    assert answers == [DEFAULTS] * 8


async def test_only_flags_that_are_sent_change_and_nothing_else_ever(people: People):
    alice = await people("alice")
    assert (await alice("PATCH", PREFERENCES, {})).json() == DEFAULTS
    whole = {**DEFAULTS, "user_id": 7, "email_verified": True, "task_due_soon": False}
    changed = (await alice("PATCH", PREFERENCES, whole)).json()
    assert changed.pop("updated_at").endswith("Z")
    assert changed == {key: value for key, value in DEFAULTS.items() if key != "updated_at"} | {
        "task_due_soon": False
    }
    changed = (await alice("PATCH", PREFERENCES, {"task_completed": True})).json()
    assert (changed["task_completed"], changed["task_due_soon"]) == (True, False)
    assert await alice.get(PREFERENCES) == changed


@pytest.mark.parametrize("body", [{"email_enabled": None}, {"email_enabled": "maybe"}, [], "x"])
async def test_unfit_preferences_are_refused(people: People, body):
    alice = await people("alice")
    assert (await alice("PATCH", PREFERENCES, body)).status_code == 422


async def test_subscribing_says_where_mails_go(people: People):
    response = await (await people("alice"))("POST", "/notifications/subscribe")
    assert response.status_code == 200
    assert response.json().keys() == {"message", "email"}
    assert response.json()["email"] == "alice@test.com"


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
async def mailing(settings: Settings, outbox: Path) -> AsyncIterator[httpx.AsyncClient]:
    changes = {"email_provider": "file", "email_outbox": outbox, "frontend_url": "https://x.org/"}
    async with running(settings, **changes) as client:
        yield client


async def test_a_link_proves_the_address_once(mailing: httpx.AsyncClient, outbox: Path):
    alice = await People(mailing)("alice")
    await alice.get(PREFERENCES)
    response = await alice("POST", "/notifications/send-verification")
    assert response.json().keys() == {"message", "email", "expires_in"}
    assert "24 hours" in response.json()["expires_in"]
    [mail] = mails(outbox)
    assert "https://x.org/verify?token=" in mail["body"]
    body = {"token": token_in(mail)}
    verify = "/notifications/verify"
    attempts = await asyncio.gather(*(mailing.post(verify, json=body) for _ in range(4)))
    assert sorted(attempt.status_code for attempt in attempts) == [200, 400, 400, 400]
    success = next(attempt.json() for attempt in attempts if attempt.status_code == 200)
    assert success["username"] == "alice"
    assert success["message"]
    assert (await alice.get("/users/me"))["email_verified"] is True
    assert (await alice.get(PREFERENCES))["email_verified"] is True


async def test_following_the_link_leads_to_the_login_page(mailing, outbox: Path):
    bob = await People(mailing)("Bob & Ann")
    await bob("POST", "/notifications/send-verification")
    query = {"token": token_in(mails(outbox)[0])}
    response = await mailing.get("/notifications/verify", params=query)
    assert response.status_code == 302
    expected = "https://x.org/login?emailVerified=true&username=Bob+%26+Ann"
    assert response.headers["location"] == expected
    assert (await mailing.get("/notifications/verify", params=query)).status_code == 400
    assert (await bob.get(PREFERENCES))["email_verified"] is True


async def test_a_new_link_replaces_the_old_and_is_stored_hashed(mailing, outbox: Path, clean):
    alice = await People(mailing)("alice")
    for _ in range(2):
        await alice("POST", "/notifications/send-verification")
    first, second = (token_in(mail) for mail in mails(outbox))
    connection = await asyncpg.connect(clean.database_url)
    user = await connection.fetchrow("SELECT * FROM users")
    assert user
    assert second not in map(str, user.values())
    left = user["verification_expires"] - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    verify = "/notifications/verify"
    assert (await mailing.post(verify, json={"token": first})).status_code == 400
    await connection.execute("UPDATE users SET verification_expires = now()")
    await connection.close()
    assert (await mailing.post(verify, json={"token": second})).status_code == 400
    assert (await alice.get("/users/me"))["email_verified"] is False


@pytest.mark.parametrize("token", ["", "unknown", "a\0b", "x" * 10_000])
async def test_unknown_tokens_are_refused(client: httpx.AsyncClient, token):
    status = 422 if "\0" in token else 400
    path = "/notifications/verify"
    assert (await client.post(path, json={"token": token})).status_code == status
    assert (await client.get(path, params={"token": token})).status_code == status


async def test_a_verification_without_a_token_is_refused(client: httpx.AsyncClient):
    assert (await client.post("/notifications/verify")).status_code == 422
    assert (await client.post("/notifications/verify", json={})).status_code == 422
    assert (await client.get("/notifications/verify")).status_code == 422


async def test_without_a_provider_no_mail_is_sent_and_no_request_fails(people: People):
    alice = await people("alice")
    response = await alice("POST", "/notifications/send-verification")
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["subscribe", "send-verification"])
async def test_a_token_is_needed(client: httpx.AsyncClient, path):
    assert (await client.post(f"/notifications/{path}")).status_code == 401
    assert (await client.get(PREFERENCES)).status_code == 401
    assert (await client.patch(PREFERENCES, content=b"no json")).status_code == 401
