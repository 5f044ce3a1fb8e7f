"""One change for many tasks: all of them or none."""

import asyncio

from .people import People


async def test_a_bulk_change_answers_each_task_once_in_the_order_asked_for(people: People):
    alice = await people("alice")
    ids = [(await alice.task())["id"] for _ in range(3)]
    body = {"task_ids": [ids[2], ids[0], ids[2]], "updates": {"completed": True}}
    response = await alice("PATCH", "/tasks/bulk", body)
    assert response.status_code == 200
    assert [task["id"] for task in response.json()] == [ids[2], ids[0]]
    assert all(task["completed"] for task in response.json())
    assert not (await alice.get(f"/tasks/{ids[1]}"))["completed"]


async def test_a_bulk_change_is_all_or_nothing(people: People):
    alice, bob = await people("alice"), await people("bob")
    mine, theirs = await alice.task(), await bob.task()
    updates = {"title": "changed"}
    for ids, updates_sent, status in [
        ([mine["id"], 77], updates, 404),
        ([mine["id"], theirs["id"]], updates, 403),
        ([mine["id"], theirs["id"], 77], updates, 404),
        ([77], {}, 400),
        ([], updates, 422),
    ]:
        body = {"task_ids": ids, "updates": updates_sent}
        response = await alice("PATCH", "/tasks/bulk", body)
        assert response.status_code == status, ids
        if status == 404:
            assert "77" in response.json()["detail"]
    assert await alice.get(f"/tasks/{mine['id']}") == mine


async def test_opposite_parallel_bulk_changes_do_not_wait_for_each_other(people: People):
    alice = await people("alice")
    ids = [(await alice.task())["id"] for _ in range(20)]
    bodies = [
        {"task_ids": order, "updates": {"priority": "high"}} for order in (ids, ids[::-1])
    ] * 8
    answers = await asyncio.gather(*(alice("PATCH", "/tasks/bulk", body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
