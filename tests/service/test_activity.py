"""The log entries of operations on tasks, shares and comments."""

import json

import asyncpg
import pytest

from .people import People


@pytest.fixture
async def entries(clean):
    connection = await asyncpg.connect(clean.database_url)

    async def read() -> list[tuple]:
        columns = "user_id, action, resource_type, resource_id, task_id, details"
        rows = await connection.fetch(f"SELECT {columns} FROM activity_logs ORDER BY id")  # noqa: S608 - constant
        return [(*list(row.values())[:-1], json.loads(row["details"])) for row in rows]

    yield read
    await connection.close()


async def test_creating_changing_and_deleting_a_task_makes_three_entries(people: People, entries):
    alice = await people("alice")
    await alice.task(title="one", due_date="2030-01-31")
    await alice("PATCH", "/tasks/1", {"title": "two", "due_date": None, "priority": "medium"})
    await alice("DELETE", "/tasks/1")
    first = {
        "title": "one",
        "priority": "medium",
        "completed": False,
        "tags": [],
        "due_date": "2030-01-31",
    }
    sent = {"title": "two", "due_date": None, "priority": "medium"}
    changes = {
        "changed_fields": ["title", "due_date"],
        "old_values": {"title": "one", "due_date": "2030-01-31", "priority": "medium"},
        "new_values": sent,
    }
    assert await entries() == [
        (1, "created", "task", 1, 1, first),
        (1, "updated", "task", 1, 1, changes),
        (1, "deleted", "task", 1, 1, {**first, "title": "two", "due_date": None}),
    ]


async def test_the_actor_is_the_caller_not_the_owner(people: People, entries):
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "edit")
    await bob("PATCH", "/tasks/1", {"title": "two"})
    await alice("DELETE", "/tasks/1/share/bob")
    logged = [(user, action, details) for user, action, _, _, _, details in await entries()][1:]
    shared = {"shared_with_user_id": 2, "shared_with_username": "bob", "permission": "edit"}
    assert logged[0] == (1, "shared", shared)
    assert logged[1][:2] == (2, "updated")
    assert logged[2] == (1, "unshared", {"unshared_user_id": 2, "unshared_username": "bob"})


async def test_comments_are_logged_with_their_first_hundred_characters(people: People, entries):
    alice = await people("alice")
    await alice.task()
    long, longer = "x" * 150, "y" * 150
    await alice("POST", "/tasks/1/comments", {"content": long})
    await alice("PATCH", "/comments/1", {"content": longer})
    await alice("DELETE", "/comments/1")
    old, new = long[:100], longer[:100]
    assert (await entries())[1:] == [
        (1, "created", "comment", 1, 1, {"task_id": 1, "content_preview": old}),
        (1, "updated", "comment", 1, 1, {"task_id": 1, "old_content": old, "new_content": new}),
        (1, "deleted", "comment", 1, 1, {"task_id": 1, "content": new}),
    ]


async def test_refused_and_unlogged_changes_leave_no_entry(people: People, entries):
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "view")
    before = await entries()
    await bob("PATCH", "/tasks/1", {"title": "x"})
    await alice("PATCH", "/tasks/1", {"title": ""})
    await alice("POST", "/tasks/1/tags", ["a"])
    await alice("DELETE", "/tasks/1/tags/a")
    await alice("PATCH", "/tasks/bulk", {"task_ids": [1], "updates": {"title": "x"}})
    await alice("PUT", "/tasks/1/share/bob", {"permission": "edit"})
    assert await entries() == before
