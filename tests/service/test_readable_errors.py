"""Requests with wrong input: each refusal has a readable reason."""

from typing import Any

import httpx
import pytest

from .conftest import running
from .people import People
from .reasons import shown
from .uploads import set_avatar, upload

ALICE = {"username": "alice", "email": "alice@test.com", "password": "password"}
LOGIN = {"username": "alice", "password": "wrong"}

# Requests of a visitor without an account, and the reason shown.
VISITOR: list[tuple[str, str, Any, int, str]] = [
    ("POST", "/auth/register", {}, 422, "Username is missing; 2 more values are wrong"),
    ("POST", "/auth/register", ALICE | {"username": "al"}, 422, "3 to 50 characters"),
    ("POST", "/auth/register", ALICE | {"password": "short"}, 422, "at least 8 characters"),
    ("POST", "/auth/register", ALICE | {"password": 12345678}, 422, "Password must be a text"),
    ("POST", "/auth/register", ALICE, 409, "This username is taken"),
    ("POST", "/auth/register", ALICE | {"username": "other"}, 409, "This email is taken"),
    ("POST", "/auth/login", LOGIN, 401, "Incorrect username or password"),
    ("GET", "/tasks", None, 401, "Log in first"),
    ("POST", "/notifications/verify", {"token": "guess"}, 400, "unknown"),
    ("GET", "/notifications/verify", None, 422, "Token is missing"),
    ("GET", "/nothing", None, 404, "/docs"),
    ("PUT", "/tasks", {}, 405, "answers GET, HEAD, POST, not PUT"),
]
# Requests of a user who is logged in.
USER: list[tuple[str, str, Any, int, str]] = [
    ("POST", "/tasks", {"title": "  "}, 422, "Title must have at least 1 character"),
    ("POST", "/tasks", {"title": "x" * 201}, 422, "Title must have at most 200 characters"),
    ("POST", "/tasks", [], 422, "The body must be a JSON object"),
    ("POST", "/tasks", {"title": "x", "priority": "urgent"}, 422, "'high', not 'urgent'"),
    ("POST", "/tasks", {"title": "x", "due_date": ""}, 422, "Due date must be a date"),
    ("POST", "/tasks", {"title": "x", "due_date": "2026-02-30"}, 422, "not '2026-02-30'"),
    ("POST", "/tasks", {"title": "x", "completed": "maybe"}, 422, "must be true or false"),
    ("POST", "/tasks", {"title": "x", "tags": ["a", 2]}, 422, "Tags number 2 must be a text"),
    ("PATCH", "/tasks/1", {}, 400, "send at least one field"),
    ("PATCH", "/tasks/1", {"title": None}, 422, "Title must be a text"),
    ("GET", "/tasks/99", None, 404, "Task 99 does not exist"),
    ("GET", "/tasks/first", None, 422, "Task id must be a whole number, not 'first'"),
    ("GET", "/tasks?limit=0", None, 422, "Limit must be at least 1, not '0'"),
    ("DELETE", "/tasks/1/tags/x", None, 404, "no tag 'x'"),
    ("PATCH", "/tasks/bulk", {"task_ids": [], "updates": {}}, 422, "Task ids must have at least 1"),
    ("PATCH", "/tasks/bulk", {"task_ids": [1, 98], "updates": {"title": "x"}}, 404, "98"),
    ("POST", "/tasks/1/share", {"shared_with_username": "bob"}, 404, "no user 'bob'"),
    ("POST", "/tasks/1/share", {"shared_with_username": "alice"}, 400, "its owner"),
    ("POST", "/tasks/1/comments", {"content": ""}, 422, "Content must have at least 1 character"),
    ("GET", "/files/7", None, 404, "File 7 does not exist"),
    ("GET", "/users/search", None, 422, "Query is missing"),
    ("PATCH", "/notifications/preferences", {"email_enabled": None}, 422, "true or false"),
]


@pytest.fixture
async def limited(settings):
    async with running(settings, testing=False) as client:
        yield client


async def test_a_visitor_who_errs_reads_why(people: People, client: httpx.AsyncClient):
    await people.register("alice")
    for method, path, body, status, reason in VISITOR:
        response = await client.request(method, path, json=body)
        assert response.status_code == status, f"{method} {path} {body}: {response.text}"
        assert reason in shown(response), f"{method} {path} {body}"


async def test_a_user_who_errs_reads_why(people: People):
    alice = await people("alice")
    await alice.task()
    for method, path, body, status, reason in USER:
        response = await alice(method, path, body)
        assert response.status_code == status, f"{method} {path} {body}: {response.text}"
        assert reason in shown(response), f"{method} {path} {body}"


async def test_uploads_that_are_refused_say_why(people: People, settings):
    alice, bob = await people("alice"), await people("bob")
    await alice.task()
    large = b"x" * (settings.max_upload_size + 1)
    assert ".pdf" in shown(await upload(alice, "a.exe"))
    assert str(settings.max_upload_size) in shown(await upload(alice, "a.txt", large))
    assert "edit access" in shown(await upload(bob, "a.txt"))
    assert "multipart/form-data" in shown(await alice("POST", "/tasks/1/files", {"file": "x"}))
    assert "must be an image" in shown(await set_avatar(alice, b"x", "a.txt", "text/plain"))
    assert "cannot be decoded as an image" in shown(await set_avatar(alice, b"x"))


async def test_a_range_that_is_none_is_refused_in_words(people: People):
    alice = await people("alice")
    await alice.task()
    await upload(alice, "a.txt", b"hello")
    for asked, status in [("bytes=9-12", 416), ("bytes=x", 400)]:
        response = await alice("GET", "/files/1", headers={"Range": asked})
        assert response.status_code == status
        assert shown(response)
        if status == 416:
            assert response.headers["content-range"] == "bytes */5"


async def test_someone_who_knocks_too_often_reads_how_long_to_wait(limited: httpx.AsyncClient):
    for _ in range(5):
        await limited.post("/auth/login", json=LOGIN)
    response = await limited.post("/auth/login", json=LOGIN)
    assert response.status_code == 429
    assert f"wait {response.headers['retry-after']} s" in shown(response)


async def test_bodies_that_are_no_json_are_refused_in_words(client: httpx.AsyncClient):
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"\xff\xfe", b"[" * 100_000, b""):
        response = await client.post("/auth/login", content=body, headers=headers)
        assert response.status_code == 422, body[:10]
        assert shown(response).startswith("The body "), body[:10]


async def test_no_error_echoes_a_password_or_a_token(people: People, client: httpx.AsyncClient):
    alice = await people("alice")
    secret = "hunter2"
    for path, body in [
        ("/auth/register", {"username": "bob", "email": "b@test.com", "password": secret}),
        ("/auth/register", {"password": [secret]}),
        ("/auth/login", {"username": ["x"], "password": secret}),
        ("/auth/login", {"password": secret}),
        ("/auth/password-reset/verify", {"token": secret, "new_password": secret}),
        ("/notifications/verify", {"token": [secret]}),
    ]:
        response = await client.post(path, json=body)
        assert response.status_code in (400, 401, 422)
        assert secret not in response.text, path
    change = {"current_password": secret, "new_password": secret}
    response = await alice("PATCH", "/users/me/change-password", change)
    assert response.status_code == 422
    assert secret not in response.text
    response = await client.get("/tasks", headers={"Authorization": f"Bearer {secret}"})
    assert secret not in response.text


async def test_the_schema_says_what_errors_look_like(client: httpx.AsyncClient):
    document = (await client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert schemas["HTTPValidationError"]["properties"]["detail"]["type"] == "string"
    assert schemas["HTTPValidationError"]["required"] == ["detail", "errors"]
    for name in ("Detail", "Titled", "Limited"):
        assert "detail" in schemas[name]["required"], name
