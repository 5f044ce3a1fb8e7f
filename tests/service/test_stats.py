"""Statistics: right, cached, and never older than a write."""

import asyncio
import json

import pytest
from redis.asyncio import Redis

from .people import People, Person

NOTHING = {
    "total": 0,
    "completed": 0,
    "incomplete": 0,
    "by_priority": {},
    "by_tag": {},
    "overdue": 0,
    "tasks_shared": 0,
    "comments_posted": 0,
}


async def stats(person: Person) -> dict:
    return await person.get("/tasks/stats")


async def test_without_tasks_all_numbers_are_zero(people: People):
    assert await stats(await people("alice")) == NOTHING


async def test_statistics_count_tasks_shares_and_comments(people: People):
    alice, bob = await people("alice"), await people("bob")
    await alice.task(tags=["a", "b"], priority="high", due_date="2020-01-01")
    await alice.task(tags=["a"], completed=True, due_date="2020-01-01")
    shared = await alice.task(due_date="2999-01-01")
    await alice.share(shared, bob, "view")
    await bob("POST", f"/tasks/{shared['id']}/comments", {"content": "x"})
    assert await stats(alice) == {
        "total": 3,
        "completed": 1,
        "incomplete": 2,
        "by_priority": {"high": 1, "medium": 2},
        "by_tag": {"a": 2, "b": 1},
        "overdue": 1,
        "tasks_shared": 1,
        "comments_posted": 0,
    }
    assert await stats(bob) == {**NOTHING, "comments_posted": 1}


@pytest.fixture
async def redis(clean):
    async with Redis.from_url(clean.redis_url) as redis:
        yield redis


async def test_they_are_cached_for_five_minutes(people: People, redis: Redis):
    alice = await people("alice")
    await stats(alice)
    key = f"stats:user_{alice.id}"
    assert 0 < await redis.ttl(key) <= 300
    cached = json.loads(await redis.get(key) or "")
    await redis.set(key, json.dumps({**cached, "total": 42}))
    assert (await stats(alice))["total"] == 42


@pytest.mark.parametrize("value", ["", "nonsense", "[]", "{}", '{"stamp": null}'])
async def test_a_broken_cached_copy_is_ignored(people: People, redis: Redis, value):
    alice = await people("alice")
    await redis.set(f"stats:user_{alice.id}", value)
    assert await stats(alice) == NOTHING


async def test_after_every_kind_of_write_they_are_fresh_for_everyone_it_touches(people: People):
    alice, bob = await people("alice"), await people("bob")
    writes = [
        (alice, "POST", "/tasks", {"title": "a task"}),
        (alice, "POST", "/tasks/1/share", {"shared_with_username": "bob", "permission": "edit"}),
        (bob, "PATCH", "/tasks/1", {"completed": True}),
        (bob, "PATCH", "/tasks/bulk", {"task_ids": [1], "updates": {"priority": "low"}}),
        (bob, "POST", "/tasks/1/tags", ["a"]),
        (bob, "DELETE", "/tasks/1/tags/a", None),
        (bob, "POST", "/tasks/1/comments", {"content": "x"}),
        (alice, "DELETE", "/comments/1", None),
        (bob, "POST", "/tasks/1/comments", {"content": "x"}),
        (alice, "DELETE", "/tasks/1/share/bob", None),
        (alice, "DELETE", "/tasks/1", None),
    ]
    for person, method, path, body in writes:
        before = await stats(alice), await stats(bob)
        assert (await person(method, path, body)).is_success
        after = await stats(alice), await stats(bob)
        assert after != before, f"{method} {path} changes the statistics of a user"
    assert (await stats(alice), await stats(bob)) == (NOTHING, NOTHING)


async def test_a_copy_computed_before_a_write_never_counts_after_it(people: People):
    alice = await people("alice")

    done = asyncio.Event()

    async def read_all_the_time() -> None:
        while not done.is_set():
            await stats(alice)

    readers = [asyncio.create_task(read_all_the_time()) for _ in range(4)]
    try:
        for number in range(1, 31):
            await alice.task()
            assert (await stats(alice))["total"] == number
    finally:
        done.set()
        await asyncio.gather(*readers)
