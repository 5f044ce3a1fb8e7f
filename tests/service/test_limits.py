"""Rate limits, and the client that each of them counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from limits import RateLimitItemPerHour

from app.errors import TooManyRequests
from app.services import guesses, rate_limits

from .conftest import running
from .people import PASSWORD, People
from .uploads import picture, set_avatar, upload

LOGIN = {"username": "alice", "password": "not hers"}
FEW = rate_limits.RateLimit("few", RateLimitItemPerHour(5))


async def statuses(client: httpx.AsyncClient, number: int, path: str, body: object) -> list[int]:
    return [(await client.post(path, json=body)).status_code for _ in range(number)]


async def test_the_sixth_login_in_a_minute_is_refused_and_says_when_to_try_again(settings):
    async with running(settings, testing=False) as client:
        assert await statuses(client, 5, "/auth/login", {"no": "login"}) == [422] * 5
        assert await statuses(client, 5, "/auth/login", LOGIN) == [401] * 5
        response = await client.post("/auth/login", json=LOGIN)
    assert response.status_code == 429
    assert response.json().keys() == {"error", "detail"}
    assert f"wait {response.headers['retry-after']} s" in response.json()["detail"]
    assert "5 per 1 minute" in response.json()["error"]
    assert 0 < int(response.headers["retry-after"]) <= 60


async def test_registrations_and_reset_requests_are_limited(settings):
    async with running(settings, testing=False) as client:
        for number in range(10):
            await People(client).register(f"user{number}")
        body = {"username": "more", "email": "more@test.com", "password": "password"}
        assert await statuses(client, 1, "/auth/register", body) == [429]
        reset = {"email": "user1@test.com"}
        assert await statuses(client, 2, "/auth/password-reset/request", reset) == [200, 429]


async def test_new_tasks_are_limited_per_user(settings):
    async with running(settings, testing=False) as client:
        people = People(client)
        alice, bob = await people("alice"), await people("bob")
        created = [(await alice("POST", "/tasks", {"title": "x"})).status_code for _ in range(101)]
        assert created == [201] * 100 + [429]
        await bob.task()


async def test_instances_count_together(settings):
    async with (
        running(settings, testing=False) as one,
        running(settings, testing=False) as other,
    ):
        await statuses(one, 3, "/auth/login", LOGIN)
        assert await statuses(other, 3, "/auth/login", LOGIN) == [401, 401, 429]


async def test_new_avatars_are_limited_per_user(settings):
    async with running(settings, testing=False) as client:
        people = People(client)
        alice, bob = await people("alice"), await people("bob")
        statuses = [(await set_avatar(alice, picture())).status_code for _ in range(21)]
        assert statuses == [200] * 20 + [429]
        assert (await set_avatar(bob, picture())).status_code == 200


async def test_guesses_of_the_present_password_are_limited(settings):
    async with running(settings, testing=False) as client:
        alice = await People(client)("alice")
        body = {"current_password": "a guess", "new_password": "a new password"}
        path = "/users/me/change-password"
        statuses = [(await alice("PATCH", path, body)).status_code for _ in range(11)]
        assert statuses == [400] * 10 + [429]
        right = {**body, "current_password": PASSWORD}
        assert (await alice("PATCH", path, right)).status_code == 429, "also the right one"


async def test_uploads_are_limited_per_user_over_all_tasks(settings):
    async with running(settings, testing=False) as client:
        people = People(client)
        alice, bob = await people("alice"), await people("bob")
        statuses = []
        for number in range(1, 12):
            await alice.task()
            path = f"/tasks/{number}/files"
            statuses += [(await upload(alice, path=path)).status_code for _ in range(20)]
        assert statuses == [201] * 200 + [429] * 20
        await bob.task()
        assert (await upload(bob, path="/tasks/12/files")).status_code == 201


async def test_comments_are_limited_per_user(settings):
    async with running(settings, testing=False) as client:
        people = People(client)
        alice, bob = await people("alice"), await people("bob")
        await alice.share(await alice.task(), bob, "view")
        say = {"content": "x"}
        ways = [alice("POST", "/tasks/1/comments", say) for _ in range(60)]
        statuses = [answer.status_code for answer in await asyncio.gather(*ways)]
        assert statuses == [201] * 60
        await use_up(client, rate_limits.COMMENT, alice.id)
        assert (await alice("POST", "/tasks/1/comments", say)).status_code == 429
        assert (await bob("POST", "/tasks/1/comments", say)).status_code == 201


async def test_wrong_passwords_for_one_name_are_limited_over_all_addresses(settings, monkeypatch):
    """But not at an address where the owner has logged in."""
    monkeypatch.setattr(rate_limits, "GUESSES", FEW)
    monkeypatch.setattr(guesses, "GUESSES", FEW)
    hers, right = "203.0.113.99", {"username": "alice", "password": PASSWORD}

    async with running(settings, testing=False, peer="172.18.0.5") as client:

        async def log_in(address: str, body: dict[str, str]) -> int:
            headers = {"X-Forwarded-For": address}
            return (await client.post("/auth/login", json=body, headers=headers)).status_code

        await People(client).register("alice")
        assert await log_in(hers, right) == 200
        seen = [await log_in(f"203.0.113.{number}", LOGIN) for number in range(FEW.item.amount)]
        assert seen == [401] * FEW.item.amount
        assert await log_in("203.0.113.50", {**LOGIN, "username": "ALICE"}) == 429
        assert await log_in("203.0.113.50", right) == 429
        assert await log_in("203.0.113.50", {**LOGIN, "username": "bob"}) == 401
        assert await log_in(hers, LOGIN) == 401
        assert await log_in(hers, right) == 200


async def test_all_changes_of_an_account_are_limited_and_reads_are_not(settings, monkeypatch):
    monkeypatch.setattr(rate_limits, "WRITE", FEW)
    async with running(settings, testing=False) as client:
        people = People(client)
        alice, bob = await people("alice"), await people("bob")
        await alice.task()
        ways = [
            ("PATCH", "/tasks/1", {"title": "x"}),
            ("PATCH", "/tasks/bulk", {"task_ids": [1], "updates": {"title": "y"}}),
            ("POST", "/tasks/1/tags", ["a"]),
            ("PATCH", "/notifications/preferences", {}),
            ("PUT", "/tasks/1/share/bob", {"permission": "view"}),
            ("DELETE", "/tasks/1", None),
        ]
        answers = [(await alice(*way)).status_code for way in ways]
        assert answers == [200] * 4 + [429] * 2
        refused = await alice("PATCH", "/tasks/1", {"title": "z"})
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert (await alice.get("/tasks/1"))["title"] == "y"
        await bob.task()


async def use_up(client: httpx.AsyncClient, limit: rate_limits.RateLimit, *subjects: object):
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    limiter = transport.app.state.resources.rate_limiter  # type: ignore[attr-defined]
    for subject in subjects:
        for _ in range(limit.item.amount):
            with suppress(TooManyRequests):
                await limiter.hit(limit, subject)


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", "/auth/register", rate_limits.REGISTER),
        ("POST", "/auth/login", rate_limits.LOGIN),
        ("POST", "/auth/password-reset/request", rate_limits.PASSWORD_RESET),
        ("POST", "/tasks", rate_limits.CREATE_TASK),
        ("POST", "/tasks/1/files", rate_limits.UPLOAD),
        ("POST", "/tasks/1/files", rate_limits.UPLOADS),
        ("POST", "/tasks/1/comments", rate_limits.COMMENT),
        ("POST", "/users/me/avatar", rate_limits.AVATAR),
        ("PATCH", "/users/me/change-password", rate_limits.CHANGE_PASSWORD),
    ],
)
async def test_above_the_limit_no_body_is_read(settings, method, path, limit):
    async with running(settings, testing=False) as client:
        alice = await People(client)("alice")
        await use_up(client, limit, "127.0.0.1", alice.id, f"{alice.id}:1")
        read: list[bytes] = []

        async def body() -> AsyncIterator[bytes]:
            for _ in range(100):
                read.append(b"x" * 1000)
                yield read[-1]

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        response = await alice(method, path, content=body(), headers=headers)
        assert (response.status_code, read) == (429, [])
