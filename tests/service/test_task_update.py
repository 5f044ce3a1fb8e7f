"""The cost of a change of a task, and the requests that wait for it."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.persistence.database import PoolReader
from app.services import task_update

from .people import People, Person

# More than the connections of a process.
WRITERS = 16


@pytest.fixture
async def database(clean):
    connection = await asyncpg.connect(clean.database_url)
    yield connection
    await connection.close()


async def stats_version(database: asyncpg.Connection, person: Person) -> int:
    version = await database.fetchval("SELECT stats_version FROM users WHERE id = $1", person.id)
    assert isinstance(version, int)
    return version


async def test_a_change_takes_four_statements_and_no_transaction(people: People, monkeypatch):
    alice = await people("alice")
    await alice.task()
    statements: list[str] = []
    begun: list[Any] = []
    fetch = PoolReader._fetch

    async def counted(reader: PoolReader, sql: str, arguments: list[Any]) -> Any:
        statements.append(sql)
        return await fetch(reader, sql, arguments)

    def remember(connection: Any) -> None:
        begun.append(connection)

    monkeypatch.setattr(PoolReader, "_fetch", counted)
    event.listen(Engine, "begin", remember)
    try:
        response = await alice("PATCH", "/tasks/1", {"title": "another", "completed": True})
    finally:
        event.remove(Engine, "begin", remember)
    assert response.status_code == 200
    assert len(statements) == 4, statements
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
    people: People, database: asyncpg.Connection, monkeypatch
):
    alice = await people("alice")
    await alice.task(title="first")
    read = task_update._current
    came = 0

    async def interrupted(*arguments: Any) -> Any:
        nonlocal came
        current = await read(*arguments)
        came += 1
        if came == 1:
            await database.execute("UPDATE tasks SET title = 'second', priority = 'high'")
        return current

    monkeypatch.setattr(task_update, "_current", interrupted)
    response = await alice("PATCH", "/tasks/1", {"title": "third"})
    assert (response.json()["title"], response.json()["priority"]) == ("third", "high")
    [*_, entry] = await alice.get("/activity/tasks/1")
    assert entry["details"]["old_values"] == {"title": "second"}
    assert came == 2


async def test_a_permission_that_ends_in_between_ends_the_change(
    people: People, database: asyncpg.Connection, monkeypatch
):
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "edit")
    read = task_update._current

    async def interrupted(*arguments: Any) -> Any:
        current = await read(*arguments)
        await database.execute("DELETE FROM task_shares")
        return current

    monkeypatch.setattr(task_update, "_current", interrupted)
    assert (await bob("PATCH", "/tasks/1", {"title": "mine"})).status_code == 403
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
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        async with asyncio.timeout(10):
            while not await database.fetchval(waiting):
                await asyncio.sleep(0.02)
        # All have arrived when the last one has had its turn to run.
        await asyncio.sleep(0.2)
        assert await database.fetchval(waiting) == 1
        for _ in range(5):
            assert (await bob("GET", "/tasks")).status_code == 200
    finally:
        await transaction.rollback()
        answers = await asyncio.gather(*writers)
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
