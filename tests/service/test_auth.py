"""Registration, login and tokens."""

import asyncio
from datetime import UTC, datetime, timedelta

import argon2
import httpx
import jwt
import pytest

from .conftest import SECRET, running
from .people import PASSWORD, People

ALICE = {"username": "alice", "email": "alice@test.com", "password": PASSWORD}


async def test_registering_answers_the_account_without_its_password(client: httpx.AsyncClient):
    response = await client.post("/auth/register", json=ALICE)
    assert response.status_code == 201
    account = response.json()
    assert account.keys() == {"id", "username", "email", "created_at"}
    assert account["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "other@test.com"}, "username"),
        ({"username": "other"}, "email"),
        ({"username": "ALICE", "email": "other@test.com"}, "username"),
        ({"username": "other", "email": "Alice@Test.com"}, "email"),
        ({}, "username"),
    ],
)
async def test_a_name_or_address_is_taken_in_any_case(client: httpx.AsyncClient, change, field):
    await client.post("/auth/register", json=ALICE)
    response = await client.post("/auth/register", json={**ALICE, **change})
    assert response.status_code == 409
    assert response.json()["field"] == field


async def test_of_32_parallel_registrations_of_one_name_one_succeeds(client: httpx.AsyncClient):
    requests = [client.post("/auth/register", json=ALICE) for _ in range(32)]
    statuses = [response.status_code for response in await asyncio.gather(*requests)]
    assert sorted(statuses) == [201] + [409] * 31


@pytest.mark.parametrize(
    "change",
    [
        {"username": "al"},
        {"username": "a" * 51},
        {"username": "al\0ce"},
        {"username": None},
        {"email": "a" * 101},
        {"password": "short"},
        {"password": "a" * 101},
        {"password": 12345678},
    ],
)
async def test_an_unfit_registration_is_refused(client: httpx.AsyncClient, change):
    response = await client.post("/auth/register", json={**ALICE, **change})
    assert response.status_code == 422


async def test_a_refused_password_is_not_echoed(client: httpx.AsyncClient):
    response = await client.post("/auth/register", json={**ALICE, "password": "qwerty"})
    assert "qwerty" not in response.text


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "wrong password"), ("nobody", PASSWORD)]
)
async def test_a_wrong_login_does_not_say_which_half_was_wrong(
    client: httpx.AsyncClient, username, password
):
    await client.post("/auth/register", json=ALICE)
    body = {"username": username, "password": password}
    response = await client.post("/auth/login", json=body)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {
        "detail": "Incorrect username or password",
        "error": "Invalid credentials",
        "message": "Incorrect username or password",
    }


async def test_a_token_that_was_good_is_refused_once_its_time_is_over(people: People):
    alice = await people("alice")
    ends = int(datetime.now(UTC).timestamp()) + 2
    alice.token = jwt.encode({"sub": "alice", "exp": ends}, SECRET, "HS256")
    assert (await alice("GET", "/users/me")).status_code == 200
    while datetime.now(UTC).timestamp() <= ends:
        await asyncio.sleep(0.1)
    assert (await alice("GET", "/users/me")).status_code == 401


@pytest.fixture
def verified(monkeypatch) -> list[argon2.Parameters]:
    """The cost of each argon2 verification that ran."""
    costs: list[argon2.Parameters] = []
    verify = argon2.PasswordHasher.verify

    def watched(hasher: argon2.PasswordHasher, hashed: str, password: str) -> bool:
        try:
            return verify(hasher, hashed, password)
        finally:
            costs.append(argon2.extract_parameters(hashed))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    return costs


async def test_an_unknown_name_costs_the_same_hashing_as_a_wrong_password(
    client: httpx.AsyncClient, people: People, verified: list[argon2.Parameters]
):
    await people.register("alice")
    costs = {}
    for name in ("alice", "nobody"):
        verified.clear()
        await client.post("/auth/login", json={"username": name, "password": "wrong password"})
        costs[name] = list(verified)
    assert len(costs["alice"]) == 1
    assert costs["nobody"] == costs["alice"], (
        "the time of the answer would show which names have an account"
    )


async def test_a_form_is_no_login(client: httpx.AsyncClient):
    response = await client.post("/auth/login", data={"username": "alice", "password": PASSWORD})
    assert response.status_code == 422


def token(**claims: object) -> str:
    later = datetime.now(UTC) + timedelta(hours=1)
    return jwt.encode({"sub": "alice", "exp": later, **claims}, SECRET, "HS256")


async def test_a_token_needs_only_a_name_and_an_expiry(client: httpx.AsyncClient, people: People):
    await people("alice")
    headers = {"Authorization": f"Bearer {token()}"}
    assert (await client.get("/tasks", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer nonsense",
        "Basic YWxpY2U6cGFzc3dvcmQ=",
        f"Bearer {token(exp=datetime.now(UTC) - timedelta(seconds=1))}",
        f"Bearer {token(sub='nobody')}",
        "Bearer " + token(sub="a\0b"),
        f"Bearer {token(ver='x')}",
        f"Bearer {jwt.encode({'sub': 'alice'}, SECRET, 'HS256')}",
        f"Bearer {jwt.encode({'sub': 'alice', 'exp': 9**10}, 'another key' * 3, 'HS256')}",
    ],
)
async def test_without_a_valid_token_the_answer_is_401(
    client: httpx.AsyncClient, people: People, header
):
    await people("alice")
    headers = {} if header is None else {"Authorization": header}
    for method, path in [("GET", "/tasks"), ("POST", "/tasks"), ("GET", "/tasks/word")]:
        response = await client.request(method, path, headers=headers, content=b"not json")
        assert response.status_code == 401, f"{method} {path}"
        assert response.headers["www-authenticate"] == "Bearer"


async def test_a_password_hashed_at_another_cost_is_hashed_anew(settings):
    async with running(settings, password_time_cost=2) as client:
        await People(client)("alice")
    async with running(settings) as client:
        people = People(client)
        await people.login("alice")
        await people.login("alice")
