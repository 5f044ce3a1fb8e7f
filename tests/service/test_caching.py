"""Caching of answers by clients."""

import httpx
import pytest

from .people import People, Person
from .uploads import picture, set_avatar, upload

PATHS = (
    "/tasks",
    "/tasks/1",
    "/tasks/stats",
    "/tasks/shared-with-me",
    "/tasks/1/shares",
    "/tasks/1/comments",
    "/tasks/1/files",
    "/files/1",
    "/activity",
    "/activity/stats",
    "/activity/tasks/1",
    "/users/me",
    "/users/search?query=x",
    "/notifications/preferences",
)


@pytest.fixture
async def alice(people: People) -> Person:
    """With a task and a file on it."""
    alice = await people("alice")
    await alice.task()
    await upload(alice, "a.txt", b"hello")
    return alice


async def test_the_paths_are_all_that_need_a_token(client: httpx.AsyncClient):
    paths = (await client.get("/openapi.json")).json()["paths"]
    private = {
        path for path, operations in paths.items() if operations.get("get", {}).get("security")
    }
    assert len(private) == len(PATHS)


@pytest.mark.parametrize("path", PATHS)
async def test_a_copy_is_private_and_asked_about_each_time(alice: Person, path):
    first = await alice("GET", path)
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await alice("GET", path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b""), known
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "private, no-cache"
    assert (await alice("GET", path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_change_is_seen_by_whoever_has_a_copy(alice: Person):
    tag = (await alice("GET", "/tasks/1")).headers["etag"]
    await alice("PATCH", "/tasks/1", {"title": "another"})
    again = await alice("GET", "/tasks/1", headers={"If-None-Match": tag})
    assert (again.status_code, again.json()["title"]) == (200, "another")
    assert again.headers["etag"] != tag


async def test_a_copy_is_no_permission(people: People, alice: Person, client: httpx.AsyncClient):
    bob = await people("bob")
    await alice.share({"id": 1}, bob, "view")
    tag = (await bob("GET", "/files/1")).headers["etag"]
    await alice("DELETE", "/tasks/1/share/bob")
    known = {"If-None-Match": tag}
    refused = await bob("GET", "/files/1", headers=known)
    bogus = {"Authorization": "Bearer bogus"}
    unknown = await client.get("/files/1", headers=known | bogus)
    assert (refused.status_code, unknown.status_code) == (403, 401)
    for response in (refused, unknown):
        assert response.headers["cache-control"] == "private, no-cache"


async def test_writes_and_their_errors_are_private_too(alice: Person):
    for method, path, body in [("PATCH", "/tasks/1", {"title": "x"}), ("PATCH", "/tasks/1", {})]:
        response = await alice(method, path, body)
        assert response.headers["cache-control"] == "private, no-cache"


async def test_a_new_picture_replaces_the_copy_of_the_old_one(alice: Person, client):
    path = (await set_avatar(alice, picture())).json()["avatar_url"]
    first = await client.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    assert (await client.get(path, headers=known)).status_code == 304
    await set_avatar(alice, picture(size=(30, 30)))
    assert (await client.get(path, headers=known)).status_code == 200


async def test_no_copy_of_a_token_is_kept(people: People, client: httpx.AsyncClient):
    await people.register("alice")
    login = await client.post("/auth/login", json={"username": "alice", "password": "password"})
    assert login.headers["cache-control"] == "no-store"
