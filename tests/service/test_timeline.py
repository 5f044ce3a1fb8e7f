"""Reading the activity log."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from .people import People, Person

DAY = timedelta(days=1)


def today(shift: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + shift).date().isoformat()


async def busy(people: People) -> tuple[Person, Person]:
    """Alice's task, shared with Bob, who comments on it and changes it."""
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "edit")
    await bob("POST", "/tasks/1/comments", {"content": "hello"})
    await bob("PATCH", "/tasks/1", {"title": "two"})
    return alice, bob


async def test_everyone_lists_their_own_actions_newest_first(people: People):
    alice, bob = await busy(people)
    mine = await alice.get("/activity")
    assert [entry["action"] for entry in mine] == ["shared", "created"]
    theirs = await bob.get("/activity")
    assert [(entry["action"], entry["resource_type"]) for entry in theirs] == [
        ("updated", "task"),
        ("created", "comment"),
    ]
    entry = theirs[1]
    assert entry.pop("created_at").endswith("Z")
    assert entry == {
        "id": 3,
        "user_id": bob.id,
        "action": "created",
        "resource_type": "comment",
        "resource_id": 1,
        "details": {"task_id": 1, "content_preview": "hello"},
        "username": "bob",
    }


async def test_a_tasks_timeline_holds_everyones_entries_oldest_first(people: People):
    alice, bob = await busy(people)
    await alice.task(title="another")
    timeline = await bob.get("/activity/tasks/1")
    assert [(entry["username"], entry["action"]) for entry in timeline] == [
        ("alice", "created"),
        ("alice", "shared"),
        ("bob", "created"),
        ("bob", "updated"),
    ]
    assert timeline == await alice.get("/activity/tasks/1")


@pytest.mark.parametrize(
    ("level", "status"), [("none", 403), ("view", 200), ("edit", 200), ("owner", 200)]
)
async def test_whoever_may_see_the_task_may_see_its_timeline(people: People, level, status):
    owner, other = await people("owner"), await people("other")
    task = await owner.task()
    if level in ("view", "edit"):
        await owner.share(task, other, level)
    response = await (owner if level == "owner" else other)("GET", "/activity/tasks/1")
    assert response.status_code == status
    assert status == 200 or response.json().keys() == {"detail", "error", "message"}


async def test_a_deleted_task_has_no_timeline_but_its_entries_stay(people: People):
    alice = await people("alice")
    await alice.task()
    await alice("DELETE", "/tasks/1")
    response = await alice("GET", "/activity/tasks/1")
    assert response.status_code == 404
    assert response.json()["task_id"] == 1
    assert [entry["action"] for entry in await alice.get("/activity")] == ["deleted", "created"]


async def test_the_numbers_count_ones_own_actions(people: People):
    alice, bob = await busy(people)
    await alice("DELETE", "/tasks/1")
    assert await alice.get("/activity/stats") == {
        "total_activities": 3,
        "by_action": {"created": 1, "shared": 1, "deleted": 1},
        "by_resource": {"task": 3},
    }
    assert (await bob.get("/activity/stats"))["by_resource"] == {"task": 1, "comment": 1}
    nobody = await (await people("carol")).get("/activity/stats")
    assert nobody == {"total_activities": 0, "by_action": {}, "by_resource": {}}


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"resource_type": "comment"}, 1),
        ({"action": "updated"}, 1),
        ({"action": "created", "resource_type": "task"}, 0),
        ({"action": "Created"}, 0),
        ({"start_date": today()}, 2),
        ({"start_date": today(DAY)}, 0),
        ({"end_date": today()}, 2),
        ({"end_date": today(-DAY)}, 0),
        ({"end_date": f"{today(DAY)}T00:00:00"}, 2),
        ({"start_date": f"{today(-DAY)}T00:00:00.5+12:00", "end_date": f"{today()}T00:00:00Z"}, 0),
    ],
)
async def test_conditions_combine(people: People, query, number):
    _, bob = await busy(people)
    assert len(await bob.get("/activity", **query)) == number


async def test_pages_do_not_overlap_even_at_one_instant(people: People, clean):
    alice = await people("alice")
    for _ in range(7):
        await alice.task()
    connection = await asyncpg.connect(clean.database_url)
    await connection.execute("UPDATE activity_logs SET created_at = now()")
    await connection.close()
    pages = [await alice.get("/activity", limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [entry["id"] for page in pages for entry in page] == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"offset": -1},
        {"offset": 2**31},
        {"start_date": "yesterday"},
        {"start_date": "1700000000"},
        {"end_date": "2024-02-30"},
        {"end_date": "9999-12-31T23:59:59-10:00"},
        {"action": "a\0b"},
    ],
)
async def test_an_unfit_query_is_refused(people: People, query):
    alice = await people("alice")
    assert (await alice("GET", "/activity", params=query)).status_code == 422


async def test_every_time_from_the_first_year_to_the_last_can_be_asked_for(people: People):
    alice = await people("alice")
    await alice.task()
    query = {"start_date": "0001-01-01", "end_date": "9999-12-31"}
    assert len(await alice.get("/activity", **query)) == 1
    assert (await alice("GET", "/activity/tasks/0")).status_code == 404
    assert (await alice("GET", f"/activity/tasks/{10**20}")).status_code == 404
