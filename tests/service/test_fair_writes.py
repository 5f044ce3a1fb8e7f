"""The writes of one account, however many wait, leave connections for all others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from app import turns

from .conftest import running
from .people import People, Person
from .uploads import picture, set_avatar, upload

LIMIT = 60
POOL = 4
WRITERS = 8
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@asynccontextmanager
async def locked(database_url: str, person: Person) -> AsyncIterator[Callable[[], Any]]:
    """Holds the lock of the account's row; gives a function that counts who waits for a lock."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", person.id)
            yield lambda: connection.fetchval(WAITING)
    finally:
        await connection.close()


Write = Callable[[Person, int], Any]
WRITES: dict[str, Write] = {
    "create": lambda alice, _: alice("POST", "/tasks", {"title": "x"}),
    "change": lambda alice, n: alice("PATCH", f"/tasks/{n}", {"completed": True}),
    "change many": lambda alice, n: alice(
        "PATCH", "/tasks/bulk", {"task_ids": [n], "updates": {"priority": "high"}}
    ),
    "delete": lambda alice, n: alice("DELETE", f"/tasks/{n}"),
    "add a tag": lambda alice, n: alice("POST", f"/tasks/{n}/tags", ["new"]),
    "remove a tag": lambda alice, n: alice("DELETE", f"/tasks/{n}/tags/old"),
    "comment": lambda alice, n: alice("POST", f"/tasks/{n}/comments", {"content": "x"}),
    "edit a comment": lambda alice, n: alice("PATCH", f"/comments/{n}", {"content": "y"}),
    "delete a comment": lambda alice, n: alice("DELETE", f"/comments/{n}"),
    "share": lambda alice, n: alice(
        "POST", f"/tasks/{n}/share", {"shared_with_username": "bob", "permission": "view"}
    ),
    "unshare": lambda alice, n: alice("DELETE", f"/tasks/{n}/share/carol"),
    "upload": lambda alice, n: upload(alice, path=f"/tasks/{n}/files"),
    "delete a file": lambda alice, n: alice("DELETE", f"/files/{n}"),
    "preferences": lambda alice, _: alice(
        "PATCH", "/notifications/preferences", {"task_completed": True}
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
async def test_waiting_writes_of_one_account_leave_connections_for_others(settings, write: Write):
    async with asyncio.timeout(LIMIT), running(settings, database_pool_size=POOL) as client:
        people = People(client)
        alice, bob, carol = [await people(name) for name in ("alice", "bob", "carol")]
        for number in range(1, WRITERS + 1):
            task = await alice.task(tags=["old"])
            await alice.share(task, carol, "view")
            await alice("POST", f"/tasks/{number}/comments", {"content": "x"})
            await upload(alice, path=f"/tasks/{number}/files")
        async with locked(settings.database_url.get_secret_value(), alice) as waiting:
            numbers = range(1, WRITERS + 1)
            writes = [asyncio.create_task(write(alice, number)) for number in numbers]
            while await waiting() < POOL // 2:
                await asyncio.sleep(0.01)
            for _ in range(WRITERS):
                await bob.get("/tasks")
            assert not any(task.done() for task in writes), "none had its lock"
        answers = await asyncio.gather(*writes)
    assert all(answer.is_success for answer in answers), [answer.text for answer in answers]


async def test_writers_behind_a_long_queue_are_refused_at_once(settings, monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_QUEUE", WRITERS - POOL // 2)
    async with asyncio.timeout(LIMIT), running(settings, database_pool_size=POOL) as client:
        alice = await People(client)("alice")
        async with locked(settings.database_url.get_secret_value(), alice):
            ways = [alice("POST", "/tasks", {"title": "x"}) for _ in range(WRITERS + 1)]
            writes = [asyncio.create_task(way) for way in ways]
            answered, waiting = await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED)
        [refused] = [task.result() for task in answered]
        answers = await asyncio.gather(*waiting)
    assert refused.status_code == 503
    assert refused.json()["detail"] == "Too many changes by this account are waiting. Try again"
    assert [answer.status_code for answer in answers] == [201] * WRITERS


async def test_images_of_one_account_wait_for_each_other_and_none_is_refused(people: People):
    alice, bob = await people("alice"), await people("bob")
    # More than may wait for their turn to be decoded.
    ways = [set_avatar(alice, picture()) for _ in range(10)]
    *answers, of_bob = await asyncio.gather(*ways, set_avatar(bob, picture()))
    assert {answer.status_code for answer in answers} == {200}
    assert of_bob.status_code == 200
