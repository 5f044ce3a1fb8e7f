"""The own account, the search for users, and passwords."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from app.services.events import Event, PasswordResetRequested

from .conftest import running
from .people import PASSWORD, People, Person

NEW = "another password"


async def test_the_profile_has_the_account_avatar_and_verification(people: People):
    profile = await (await people("alice")).get("/users/me")
    assert profile.pop("created_at").endswith("Z")
    assert profile == {
        "id": 1,
        "username": "alice",
        "email": "alice@test.com",
        "avatar_url": None,
        "email_verified": False,
    }


async def test_the_profile_cannot_be_patched(people: People):
    assert (await (await people("alice"))("PATCH", "/users/me", {})).status_code == 405


async def test_searching_finds_others_by_part_of_their_name(people: People):
    alice = await people("alice")
    for name in ("Malic", "bob", "malicia", "al_x", "alyx"):
        await people(name)
    matches = await alice.get("/users/search", query="ALIC")
    assert [person["username"] for person in matches] == ["Malic", "malicia"]
    assert matches[0].keys() == {"id", "username"}
    assert [user["username"] for user in await alice.get("/users/search", query="l_")] == ["al_x"]
    assert len(await alice.get("/users/search", query="a", limit=2)) == 2


@pytest.mark.parametrize("query", [{}, {"query": ""}, {"query": "a", "limit": 51}])
async def test_an_unfit_search_is_refused(people: People, query):
    alice = await people("alice")
    assert (await alice("GET", "/users/search", params=query)).status_code == 422


async def change_password(person: Person, current: str, new: str) -> int:
    body = {"current_password": current, "new_password": new}
    return (await person("PATCH", "/users/me/change-password", body)).status_code


async def test_after_a_change_of_password_only_the_new_one_works(people: People):
    alice = await people("alice")
    assert await change_password(alice, "wrong password", NEW) == 400
    assert await change_password(alice, PASSWORD, "short") == 422
    assert await change_password(alice, PASSWORD, NEW) == 200
    await people.login("alice", NEW)
    with pytest.raises(AssertionError, match="Invalid credentials"):
        await people.login("alice")


async def test_a_change_of_password_ends_every_other_session(client, people: People):
    here = await people("alice")
    account = await here.get("/users/me")
    there = Person(client, account, await people.login("alice"))
    assert await change_password(here, PASSWORD, NEW) == 200
    assert (await here("GET", "/users/me")).status_code == 200
    assert (await there("GET", "/users/me")).status_code == 401
    assert await change_password(here, NEW, PASSWORD) == 200
    assert (await here("GET", "/users/me")).status_code == 200


class Heard:
    """A handler that keeps the events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> None:
        self.events.append(event)

    def token(self) -> str:
        requests = [event for event in self.events if isinstance(event, PasswordResetRequested)]
        return requests[-1].token


@pytest.fixture
async def heard(settings, monkeypatch: pytest.MonkeyPatch):
    listener = Heard()
    monkeypatch.setattr("app.main.EventHandlers", lambda **_: listener)
    return listener


async def request_reset(client: httpx.AsyncClient, email: str) -> dict:
    response = await client.post("/auth/password-reset/request", json={"email": email})
    assert response.status_code == 200
    return response.json()


async def verify(client: httpx.AsyncClient, token: str) -> int:
    body = {"token": token, "new_password": NEW}
    return (await client.post("/auth/password-reset/verify", json=body)).status_code


async def test_a_reset_link_works_once_and_ends_every_session(settings, heard: Heard):
    async with running(settings) as client:
        people = People(client)
        alice = await people("alice")
        await request_reset(client, "Alice@test.com")
        assert await verify(client, heard.token()) == 200
        assert await verify(client, heard.token()) == 400
        await people.login("alice", NEW)
        assert (await alice("GET", "/users/me")).status_code == 401


async def test_of_parallel_uses_of_a_reset_link_one_succeeds(settings, heard: Heard):
    async with running(settings) as client:
        await People(client)("alice")
        await request_reset(client, "alice@test.com")
        answers = await asyncio.gather(*(verify(client, heard.token()) for _ in range(8)))
    assert sorted(answers) == [200] + [400] * 7


async def test_a_new_request_replaces_the_link(settings, heard: Heard):
    async with running(settings) as client:
        await People(client)("alice")
        await request_reset(client, "alice@test.com")
        first = heard.token()
        await request_reset(client, "alice@test.com")
        assert await verify(client, first) == 400
        assert await verify(client, heard.token()) == 200


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(settings, heard: Heard):
    async with running(settings) as client:
        await People(client)("alice")
        known = await request_reset(client, "alice@test.com")
        assert await request_reset(client, "nobody@test.com") == known
    assert len(heard.events) == 1


async def test_a_reset_link_expires_and_is_stored_hashed(settings, clean, heard: Heard):
    async with running(settings) as client:
        await People(client)("alice")
        await request_reset(client, "alice@test.com")
        connection = await asyncpg.connect(clean.database_url)
        user = await connection.fetchrow("SELECT * FROM users")
        assert user
        assert heard.token() not in map(str, user.values())
        left = user["password_reset_token_expires"] - datetime.now(UTC)
        assert timedelta(minutes=29) < left <= timedelta(minutes=30)
        await connection.execute("UPDATE users SET password_reset_token_expires = now()")
        await connection.close()
        assert await verify(client, heard.token()) == 400
