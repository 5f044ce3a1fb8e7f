"""Names and tags that end in paths: which are accepted, and how to reach those from before."""

import unicodedata
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from .people import PASSWORD, People, Person

NFC, NFD = "J\u00f6rg", "Jo\u0308rg"


async def registration(client: httpx.AsyncClient, name: str, email: str = "x@test.com") -> Any:
    body = {"username": name, "email": email, "password": PASSWORD}
    return await client.post("/auth/register", json=body)


async def stored(clean: Any, *names: str) -> list[str]:
    """Accounts from before the rules: the names are written as they are."""
    connection = await asyncpg.connect(clean.database_url)
    statement = "UPDATE users SET username = $2 WHERE username = $1"
    for old, new in zip(names[::2], names[1::2], strict=True):
        await connection.execute(statement, old, new)
    await connection.close()
    return list(names[1::2])


@pytest.mark.parametrize(
    "name",
    [
        *("../../15", "a/b", "a\\b", "a?b", "a#b", "a%b", "50%25"),
        # These become a slash, a hash and a percent sign by normalisation.
        *("a\uff0fb", "a\uff03b", "a\uff05b", "a\u2105b"),
        *("a\nb", "a\x7fb", "a\u200bb", "a\u202eb", "a\ufeffb", "a\u00adb", "a\u2028b"),
        *(" bob", "bob ", "\u00a0bob", "bob\u3000", "   "),
        *("ab", "x" * 51, "a\u0301b", "\ufdfa" * 3),
    ],
)
async def test_a_name_that_could_mislead_a_browser_or_a_reader_is_refused(client, name: str):
    response = await registration(client, name)
    assert response.status_code == 422, response.text
    assert response.json()["detail"].startswith("Username must ")


@pytest.mark.parametrize(
    "name",
    ["Alice", "testuser", "J\u00f6rg", "\u674e\u5c0f\u9f8d", "a b", "x.y@z", "...", "a+b&c=d"],
)
async def test_other_names_are_accepted(client, name: str):
    assert (await registration(client, name)).json()["username"] == name


async def test_a_name_is_stored_in_its_normal_form(client):
    assert (await registration(client, "\uff2a\u00f6rg")).json()["username"] == NFC
    assert (await registration(client, NFD)).status_code == 409


async def test_two_spellings_of_a_name_are_one_user(client, people: People):
    assert tuple(unicodedata.normalize(form, NFC) for form in ("NFC", "NFD")) == (NFC, NFD)
    joerg, alice = await people(NFC), await people("alice")
    token = await people.login(NFD)
    again = Person(client, {"id": joerg.id, "username": NFC}, token)
    assert (await again.get("/users/me"))["username"] == NFC
    task = await alice.task()
    shared = await alice(
        "POST", f"/tasks/{task['id']}/share", {"shared_with_username": NFD, "permission": "edit"}
    )
    assert shared.json()["shared_with_username"] == NFC
    [match] = await alice.get("/users/search", query=NFD)
    assert match["username"] == NFC
    removed = await alice("DELETE", f"/tasks/{task['id']}/share/{quote(NFD)}")
    assert removed.status_code == 204
    [_, withdrawn] = (await alice.get(f"/activity/tasks/{task['id']}"))[-2:]
    assert withdrawn["details"]["unshared_username"] == NFC


async def test_a_name_from_before_blocks_its_other_spellings(client, people: People, clean):
    await people.register("before")
    await stored(clean, "before", NFD)
    assert (await registration(client, NFC)).status_code == 409
    assert await people.login(NFD)
    assert await people.login(NFC)


@pytest.mark.parametrize("name", ["../../15", "a/b", "..", "a?b#c", "50%25", " x "])
@pytest.mark.parametrize("way", ["path", "query"])
async def test_a_share_with_a_name_from_before_can_be_changed_and_withdrawn(
    people: People, clean, name: str, way: str
):
    alice, bob = await people("alice"), await people("bobby")
    task = await alice.task()
    await alice.share(task, bob, "view")
    await stored(clean, "bobby", name)
    share = f"/tasks/{task['id']}/share"
    encoded = quote(name, safe="").replace(".", "%2E") if way == "path" else name
    where = {"params": {"username": encoded}} if way == "query" else {}
    address = f"{share}/{encoded}" if way == "path" else share
    changed = await alice("PUT", address, {"permission": "edit"}, **where)
    assert (changed.status_code, changed.json()["shared_with_username"]) == (200, name)
    assert (await alice("DELETE", address, **where)).status_code == 204
    assert await alice.get(f"/tasks/{task['id']}/shares") == []


@pytest.mark.parametrize("tag", [".", "..", " .. "])
async def test_a_tag_that_a_browser_would_resolve_is_refused(people: People, tag: str):
    alice = await people("alice")
    task = await alice.task()
    path = f"/tasks/{task['id']}"
    for method, where, body in (
        ("POST", "/tasks", {"title": "x", "tags": ["a", tag]}),
        ("POST", f"{path}/tags", [tag]),
        ("PATCH", path, {"tags": [tag]}),
        ("PATCH", "/tasks/bulk", {"task_ids": [task["id"]], "updates": {"tags": [tag]}}),
    ):
        response = await alice(method, where, body)
        assert response.status_code == 422, where
        assert "must not be .." in response.json()["detail"] or tag == "."
    assert (await alice.get(path))["tags"] == []


@pytest.mark.parametrize("tag", ["..", "."])
async def test_a_task_keeps_such_a_tag_from_before_until_it_is_removed(
    people: People, clean, tag: str
):
    alice = await people("alice")
    task = await alice.task(tags=["a"])
    connection = await asyncpg.connect(clean.database_url)
    await connection.execute("UPDATE tasks SET tags = $1", ["a", tag])
    await connection.close()
    path = f"/tasks/{task['id']}"
    whole = await alice.get(path)
    assert (await alice("PATCH", path, {**whole, "title": "new"})).json()["tags"] == ["a", tag]
    removed = await alice("DELETE", f"{path}/tags", params={"tag": tag})
    assert removed.json()["tags"] == ["a"]


@pytest.mark.parametrize("tag", ["a/b", "a//b", "/", "../x", "a?b#c", "50%25", "a\\b"])
async def test_a_tag_with_any_other_character_can_be_removed_by_path(people: People, tag: str):
    alice = await people("alice")
    task = await alice.task(tags=[tag, "b"])
    removed = await alice("DELETE", f"/tasks/{task['id']}/tags/{quote(tag, safe='')}")
    assert (removed.status_code, removed.json()["tags"]) == (200, ["b"])


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "POST"])
async def test_a_slash_at_the_end_redirects_no_change(people: People, method: str):
    alice = await people("alice")
    task = await alice.task()
    for path in (f"/tasks/{task['id']}/", "/tasks/", "/notifications/preferences/"):
        response = await alice(method, path, {"title": "x"})
        assert response.status_code == 404, path
        assert "slash" in response.json()["detail"]
        assert "location" not in response.headers
    assert await alice.get(f"/tasks/{task['id']}") == task


async def test_a_slash_at_the_end_redirects_a_read(people: People):
    alice = await people("alice")
    response = await alice("GET", "/tasks/?limit=1")
    assert (response.status_code, response.headers["location"]) == (307, "/tasks?limit=1")
