"""Input that the public system accepts in more than one form, and addresses that are none."""

import pytest

from .people import People

ACCOUNT = {"username": "alice", "password": "password"}


@pytest.mark.parametrize(
    ("sent", "kept"), [(1, True), (0, False), ("true", True), ("false", False), (True, True)]
)
async def test_booleans_may_be_sent_in_every_form_of_older_clients(people: People, sent, kept):
    alice = await people("alice")
    assert (await alice.task(completed=sent))["completed"] is kept
    changed = await alice("PATCH", "/tasks/1", {"completed": sent})
    assert changed.json()["completed"] is kept
    preferences = await alice("PATCH", "/notifications/preferences", {"email_enabled": sent})
    assert preferences.json()["email_enabled"] is kept


@pytest.mark.parametrize(
    "email",
    [
        "a@b@c",
        "a@test.com\r\nBcc: eve@test.com",
        "a@test.com\n",
        "a b@test.com",
        "@test.com",
        "a@",
        "a",
        "",
        "a\x7f@test.com",
        "a\u2028@test.com",
    ],
)
async def test_an_address_that_is_none_is_refused_in_words(client, email):
    response = await client.post("/auth/register", json={**ACCOUNT, "email": email})
    assert response.status_code == 422
    assert "name@example.org" in response.json()["detail"]


@pytest.mark.parametrize("email", ["usera@test.com", "o'neil+x@test", "ü@bücher.example"])
async def test_an_address_that_may_work_is_accepted(client, email):
    response = await client.post("/auth/register", json={**ACCOUNT, "email": email})
    assert (response.status_code, response.json()["email"]) == (201, email)
