"""Sharing tasks."""

import asyncio

import pytest

from .people import People


async def test_a_share_names_its_user(people: People):
    alice, bob = await people("alice"), await people("bob")
    task = await alice.task()
    response = await alice("POST", "/tasks/1/share", {"shared_with_username": "bob"})
    assert response.status_code == 201
    share = response.json()
    shared_at = share.pop("shared_at")
    assert share == {
        "id": 1,
        "task_id": task["id"],
        "shared_with_user_id": bob.id,
        "shared_with_username": "bob",
        "permission": "view",
    }
    assert not shared_at.endswith("Z")
    assert await alice.get("/tasks/1/shares") == [{**share, "shared_at": shared_at}]
    assert (await alice.get("/tasks/1"))["share_count"] == 1


async def test_shared_tasks_are_listed_apart_from_ones_own(people: People):
    alice, bob = await people("alice"), await people("bob")
    first, second = await alice.task(title="first"), await alice.task(title="second")
    await alice.share(second, bob, "edit")
    await alice.share(first, bob, "view")
    shared = await bob.get("/tasks/shared-with-me")
    assert [share["task"]["title"] for share in shared] == ["second", "first"]
    assert [share["permission"] for share in shared] == ["edit", "view"]
    assert all(share["owner_username"] == "alice" and not share["is_owner"] for share in shared)
    assert (await bob.get("/tasks"))["total"] == 0


async def test_a_permission_can_be_changed_and_taken_back(people: People):
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "view")
    changed = await alice("PUT", "/tasks/1/share/bob", {"permission": "edit"})
    assert changed.json()["permission"] == "edit"
    assert (await alice("DELETE", "/tasks/1/share/bob")).status_code == 204
    assert (await alice("DELETE", "/tasks/1/share/bob")).status_code == 404
    assert await bob.get("/tasks/shared-with-me") == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/tasks/1/share", {"shared_with_username": "nobody"}, 404),
        ("POST", "/tasks/1/share", {"shared_with_username": "alice"}, 400),
        ("POST", "/tasks/1/share", {"shared_with_username": "bob"}, 409),
        ("POST", "/tasks/1/share", {"shared_with_username": "b\0b"}, 422),
        ("POST", "/tasks/1/share", {"shared_with_username": "bob", "permission": "all"}, 422),
        ("POST", "/tasks/99/share", {"shared_with_username": "nobody"}, 404),
        ("PUT", "/tasks/1/share/nobody", {"permission": "edit"}, 404),
        ("PUT", "/tasks/1/share/carol", {"permission": "edit"}, 404),
        ("PUT", "/tasks/1/share/bob", {}, 422),
        ("DELETE", "/tasks/1/share/nobody", None, 404),
        ("DELETE", "/tasks/1/share/c%00rol", None, 422),
    ],
)
async def test_sharing_that_makes_no_sense_is_refused(people: People, method, path, body, status):
    alice, bob = await people("alice"), await people("bob")
    await people("carol")
    await alice.share(await alice.task(), bob, "view")
    assert (await alice(method, path, body)).status_code == status


async def test_of_32_equal_shares_one_succeeds(people: People):
    alice = await people("alice")
    await people("bob")
    await alice.task()
    body = {"shared_with_username": "bob"}
    answers = await asyncio.gather(*(alice("POST", "/tasks/1/share", body) for _ in range(32)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 31
    assert (await alice.get("/tasks/1"))["share_count"] == 1
