"""The service cannot be used to send a person many mails, or texts of an unknown user."""

from collections import defaultdict
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings

from .conftest import running
from .people import PASSWORD, People, Person
from .test_mail import happen, mails, verified

LURE = "You won! Visit evil.example now"
SEND = "/notifications/send-verification"
RESET = "/auth/password-reset/request"


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def limited(settings: Settings, outbox: Path) -> dict[str, Any]:
    """Limits are on, and mail goes to the outbox."""
    return {"testing": False, "email_provider": "file", "email_outbox": outbox}


@pytest.fixture
async def mailing(settings: Settings, limited) -> AsyncIterator[httpx.AsyncClient]:
    async with running(settings, **limited) as client:
        yield client


async def person_with(client: httpx.AsyncClient, name: str, email: str) -> Person:
    body = {"username": name, "email": email, "password": PASSWORD}
    account = await client.post("/auth/register", json=body)
    assert account.status_code == 201, account.text
    return Person(client, account.json(), await People(client).login(name))


async def test_an_account_sends_five_verification_mails_an_hour(mailing, outbox):
    alice = await People(mailing)("alice")
    statuses = [(await alice("POST", SEND)).status_code for _ in range(8)]
    assert statuses == [200] * 5 + [429] * 3
    assert len(mails(outbox)) == 5


async def test_a_client_sends_twenty_verification_mails_an_hour_from_all_its_accounts(
    mailing, outbox
):
    accounts = [await People(mailing)(f"user{number}") for number in range(5)]
    statuses = [(await account("POST", SEND)).status_code for account in accounts for _ in range(5)]
    assert statuses == [200] * 20 + [429] * 5
    assert len(mails(outbox)) == 20


async def test_an_address_gets_five_reset_mails_an_hour_whoever_asks(settings, limited, outbox):
    async with running(settings, **limited, peer="10.0.0.1") as client:
        await People(client).register("alice")
        statuses: dict[str, list[int]] = defaultdict(list)
        requests = product(("alice@test.com", "unknown@test.com"), range(7))
        for number, (email, _) in enumerate(requests):
            # Different clients, so that the limit per client does not refuse them.
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            typed = email.upper() if number % 2 else email
            response = await client.post(RESET, json={"email": typed}, headers=headers)
            statuses[email].append(response.status_code)
    assert statuses["alice@test.com"] == [200] * 5 + [429] * 2
    assert statuses["unknown@test.com"] == statuses["alice@test.com"], (
        "an answer does not show whether the address is known"
    )
    assert len(mails(outbox)) == 5


@pytest.mark.parametrize("path", [SEND, RESET])
async def test_a_mail_to_an_unproved_address_has_no_text_of_a_user(mailing, outbox, path: str):
    mallory = await person_with(mailing, LURE, "victim@test.com")
    body = {"email": "victim@test.com"} if path == RESET else None
    assert (await mallory("POST", path, body)).status_code == 200
    [mail] = mails(outbox)
    assert mail["to"] == "victim@test.com"
    assert LURE not in mail["subject"] + mail["body"]


@pytest.mark.parametrize("event", ["share", "comment", "complete"])
async def test_one_user_causes_sixty_mails_an_hour_to_another(
    mailing, settings, limited, outbox, event: str
):
    owner, other = await People(mailing)("owner"), await People(mailing)("other")
    recipient = other if event == "share" else owner
    if event == "complete":
        await recipient("PATCH", "/notifications/preferences", {"task_completed": True})
    await verified(mailing, recipient, outbox)
    for _ in range(62):
        await happen(event, owner, other)
    subjects = [mail["subject"] for mail in mails(outbox)]
    assert len(subjects) == 60
