"""The cost of a change of a task, and the requests that wait for it."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.persistence.database import PoolReader
from app.persistence.read_queries import Compiled
from app.services import task_update

from .people import People, Person

# More than the connections of a process.
WRITERS = 16
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
async def database(clean):
    connection = await asyncpg.connect(clean.database_url)
    yield connection
    await connection.close()


async def stats_version(database: asyncpg.Connection, person: Person) -> int:
    version = await database.fetchval("SELECT stats_version FROM users WHERE id = $1", person.id)
    assert isinstance(version, int)
    return version


async def writers_wait(database: asyncpg.Connection) -> None:
    async with asyncio.timeout(10):
        while not await database.fetchval(WAITING):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("comments", "expected"), [(0, 2), (1, 3)])
async def test_a_change_takes_two_statements_one_more_for_comments_and_no_transaction(
    people: People, monkeypatch, comments, expected
):
    alice = await people("alice")
    await alice.task()
    for _ in range(comments):
        await alice("POST", "/tasks/1/comments", {"content": "x"})
    statements: list[str] = []
    begun: list[Any] = []
    fetch = PoolReader._fetch

    async def counted(reader: PoolReader, compiled: Compiled, arguments: list[Any]) -> Any:
        statements.append(compiled.sql)
        return await fetch(reader, compiled, arguments)

    def remember(connection: Any) -> None:
        begun.append(connection)

    monkeypatch.setattr(PoolReader, "_fetch", counted)
    event.listen(Engine, "begin", remember)
    try:
        response = await alice("PATCH", "/tasks/1", {"title": "another", "completed": True})
    finally:
        event.remove(Engine, "begin", remember)
    assert response.status_code == 200
    assert len(response.json()["comments"]) == comments
    assert len(statements) == expected, statements
    assert begun == []


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({"title": "another"}, False),
        ({"description": "longer", "title": "another"}, False),
        ({"completed": False}, False),
        ({"completed": True}, True),
        ({"priority": "high"}, True),
        ({"tags": ["a"]}, True),
        ({"due_date": "2026-01-01"}, True),
    ],
)
async def test_cached_statistics_end_only_with_a_change_that_they_count(
    people: People, database: asyncpg.Connection, changes, counted
):
    alice = await people("alice")
    await alice.task()
    before = await stats_version(database, alice)
    assert (await alice("PATCH", "/tasks/1", changes)).status_code == 200
    assert await stats_version(database, alice) - before == counted


async def test_a_bulk_change_of_titles_keeps_cached_statistics(
    people: People, database: asyncpg.Connection
):
    alice = await people("alice")
    await alice.task()
    before = await stats_version(database, alice)
    for updates, raised in [({"title": "x"}, 0), ({"priority": "low"}, 1)]:
        body = {"task_ids": [1], "updates": updates}
        assert (await alice("PATCH", "/tasks/bulk", body)).status_code == 200
        assert await stats_version(database, alice) - before == raised


async def test_a_change_that_came_in_between_is_built_upon(
    people: People, database: asyncpg.Connection
):
    alice = await people("alice")
    await alice.task(title="first")
    async with database.transaction():
        await database.execute("UPDATE tasks SET title = 'second', priority = 'high'")
        change = asyncio.create_task(alice("PATCH", "/tasks/1", {"title": "third"}))
        # The statement has read the first title, and waits for the row.
        await writers_wait(database)
    response = await change
    assert (response.json()["title"], response.json()["priority"]) == ("third", "high")
    [created, entry] = await alice.get("/activity/tasks/1")
    assert created["action"] == "created"
    assert entry["details"]["old_values"] == {"title": "second"}


async def test_a_change_meant_for_an_earlier_version_is_refused_though_it_was_read_in_time(
    people: People, database: asyncpg.Connection
):
    alice = await people("alice")
    await alice.task(title="first")
    tag = (await alice("GET", "/tasks/1")).headers["etag"]
    async with database.transaction():
        await database.execute("UPDATE tasks SET title = 'second'")
        change = asyncio.create_task(
            alice("PATCH", "/tasks/1", {"title": "third"}, headers={"If-Match": tag})
        )
        await writers_wait(database)
    assert (await change).status_code == 412
    assert (await alice.get("/tasks/1"))["title"] == "second"


async def test_the_log_has_every_kind_of_field_as_it_was_and_as_it_is(people: People):
    alice = await people("alice")
    old = {"title": "a", "description": None, "completed": False, "priority": "low"}
    old |= {"due_date": "2026-01-31", "tags": ["x", "y"]}
    new = {"title": "a", "description": 'b "c" \\ ü', "completed": True, "priority": "high"}
    new |= {"due_date": None, "tags": []}
    await alice.task(**old)
    assert (await alice("PATCH", "/tasks/1", new)).status_code == 200
    [_, entry] = await alice.get("/activity/tasks/1")
    assert entry["details"] == {
        "changed_fields": ["description", "priority", "due_date", "tags", "completed"],
        "old_values": old,
        "new_values": new,
    }


async def test_a_permission_that_ends_in_between_ends_the_change(
    people: People, database: asyncpg.Connection, monkeypatch
):
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "edit")
    check = task_update._acceptable

    async def interrupted(*arguments: Any) -> Any:
        version = await check(*arguments)
        await database.execute("DELETE FROM task_shares")
        return version

    monkeypatch.setattr(task_update, "_acceptable", interrupted)
    response = await bob("PATCH", "/tasks/1", {"title": "mine"}, headers={"If-Match": "*"})
    assert response.status_code == 403
    assert (await alice.get("/tasks/1"))["title"] == "a task"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/tasks/1", {"title": "x"}),
        ("POST", "/tasks/1/tags", ["x"]),
        ("DELETE", "/tasks/1", None),
        ("PATCH", "/tasks/bulk", {"task_ids": [1], "updates": {"title": "x"}}),
    ],
)
async def test_writers_that_wait_for_a_row_leave_the_connections_to_others(
    people: People, database: asyncpg.Connection, method, path, body
):
    alice, bob = await people("alice"), await people("bob")
    await alice.task()
    transaction = database.transaction()
    await transaction.start()
    await database.execute("SELECT FROM tasks WHERE id = 1 FOR NO KEY UPDATE")
    writers = [asyncio.create_task(alice(method, path, body)) for _ in range(WRITERS)]
    try:
        await writers_wait(database)
        # All have arrived when the last one has had its turn to run.
        await asyncio.sleep(0.2)
        assert await database.fetchval(WAITING) == 1
        for _ in range(5):
            assert (await bob("GET", "/tasks")).status_code == 200
    finally:
        await transaction.rollback()
        answers = await asyncio.gather(*writers)
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
