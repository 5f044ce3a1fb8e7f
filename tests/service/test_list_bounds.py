"""Lists without pages have a bound, and what they cannot show cannot be added."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.services import bounds

from .people import People
from .uploads import upload

COMMENTS = """
INSERT INTO task_comments (task_id, user_id, content)
SELECT task, 1, 'comment ' || n FROM generate_series(1, $1::int) AS task,
    generate_series(1, $2::int) AS n
"""
USERS = """
INSERT INTO users (username, email, hashed_password)
SELECT 'other' || n, 'other' || n || '@bench.test', 'x' FROM generate_series(1, $1::int) AS n
"""
SHARES = """
INSERT INTO task_shares (task_id, shared_with_user_id, permission, shared_by_user_id)
SELECT 1, id, 'view', 1 FROM users WHERE username LIKE 'other%'
"""
FILES = """
INSERT INTO task_files (task_id, original_filename, stored_filename, file_size)
SELECT 1, 'a.txt', 'name-' || n, 1 FROM generate_series(1, $1::int) AS n
"""
ENTRIES = """
INSERT INTO activity_logs (user_id, action, resource_type, resource_id, task_id, created_at)
SELECT 1, 'updated', 'task', 1, 1, now() + n * interval '1 second'
FROM generate_series(1, $1::int) AS n
"""
# More tasks than those whose comments fit into one answer.
TASKS = bounds.COMMENTS_OF_TASKS // bounds.COMMENTS + 1


@pytest.fixture
async def database(clean) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(clean.database_url)
    yield connection
    await connection.close()


async def test_a_task_with_all_its_comments_takes_another_after_one_was_deleted(
    people: People, database: asyncpg.Connection
):
    alice = await people("alice")
    await alice.task()
    await database.execute(COMMENTS, 1, bounds.COMMENTS)
    refused = await alice("POST", "/tasks/1/comments", {"content": "more"})
    assert refused.status_code == 400
    assert refused.json()["detail"] == "A task has at most 500 comments: delete some first"
    assert (await alice("DELETE", "/comments/1")).status_code == 204
    assert (await alice("POST", "/tasks/1/comments", {"content": "more"})).status_code == 201
    assert len(await alice.get("/tasks/1/comments")) == bounds.COMMENTS


async def test_a_task_has_a_bound_on_shares_and_on_files(
    people: People, database: asyncpg.Connection
):
    alice, bob = await people("alice"), await people("bob")
    await alice.task()
    await database.execute(USERS, bounds.SHARES)
    await database.execute(SHARES)
    await database.execute(FILES, bounds.FILES)
    body = {"shared_with_username": bob.name, "permission": "view"}
    shared = await alice("POST", "/tasks/1/share", body)
    assert (shared.status_code, shared.json()["detail"][:31]) == (
        400,
        "A task has at most 500 shares: ",
    )
    uploaded = await upload(alice)
    assert (uploaded.status_code, uploaded.json()["detail"][:30]) == (
        400,
        "A task has at most 500 files: ",
    )


async def test_a_page_with_too_many_comments_says_to_ask_for_fewer_tasks(
    people: People, database: asyncpg.Connection
):
    alice = await people("alice")
    for _ in range(TASKS):
        await alice.task()
    await database.execute(COMMENTS, TASKS, bounds.COMMENTS)
    refused = await alice("GET", "/tasks")
    assert refused.status_code == 400
    assert refused.json()["detail"].endswith("5000 comments: ask for fewer at a time")
    page = await alice.get("/tasks", limit=TASKS - 1)
    assert [len(task["comments"]) for task in page["tasks"]] == [bounds.COMMENTS] * (TASKS - 1)
    change = {"task_ids": list(range(1, TASKS + 1)), "updates": {"title": "changed"}}
    assert (await alice("PATCH", "/tasks/bulk", change)).status_code == 400
    assert (await alice.get("/tasks/1"))["title"] == "a task", "all of them or none"


async def test_comments_from_before_the_bound_stay_readable(
    people: People, database: asyncpg.Connection
):
    alice = await people("alice")
    await alice.task()
    number = bounds.COMMENTS_OF_TASKS + 1
    await database.execute(COMMENTS, 1, number)
    assert len((await alice.get("/tasks/1"))["comments"]) == number
    [task] = (await alice.get("/tasks"))["tasks"]
    assert len(task["comments"]) == number


async def test_tasks_shared_with_the_caller_end_where_their_comments_are_too_many(
    people: People, database: asyncpg.Connection
):
    alice, bob = await people("alice"), await people("bob")
    for _ in range(TASKS + 1):
        await alice.share(await alice.task(), bob, "view")
    await database.execute(COMMENTS, TASKS + 1, bounds.COMMENTS)
    shared = await bob.get("/tasks/shared-with-me")
    assert [entry["task"]["id"] for entry in shared] == list(range(3, TASKS + 2)), "the newest"


async def test_a_timeline_has_the_newest_entries_the_oldest_first(
    people: People, database: asyncpg.Connection
):
    alice = await people("alice")
    await alice.task()
    await database.execute(ENTRIES, bounds.ENTRIES_OF_TIMELINE + 5)
    ids = [entry["id"] for entry in await alice.get("/activity/tasks/1")]
    assert ids == list(range(7, bounds.ENTRIES_OF_TIMELINE + 7))


async def test_statistics_name_the_most_frequent_tags(people: People):
    alice = await people("alice")
    for start in range(0, bounds.TAGS_OF_STATS + 100, 100):
        await alice.task(tags=[f"tag{number:04}" for number in range(start, start + 100)])
    await alice.task(tags=["zebra"])
    await alice.task(tags=["zebra"])
    by_tag = (await alice.get("/tasks/stats"))["by_tag"]
    assert len(by_tag) == bounds.TAGS_OF_STATS
    assert by_tag["zebra"] == 2
    assert list(by_tag) == sorted(by_tag)
