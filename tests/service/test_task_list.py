"""Lists of tasks: filters, order and pages."""

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.service.recording import Step, watched

from .people import People, Person

TODAY = datetime.now(UTC).date()


def day(offset: int) -> str:
    return (TODAY + timedelta(days=offset)).isoformat()


TASKS = [
    {"title": "Milk", "tags": ["shop", "food"], "priority": "high", "due_date": day(-1)},
    {"title": "bread", "tags": ["shop"], "priority": "low", "due_date": day(0)},
    {"title": "50% off", "description": "MILK_shake", "completed": True, "due_date": day(-2)},
    {"title": "zebra", "tags": ["a,b"], "due_date": day(3)},
    {"title": "back\\slash"},
]


@pytest.fixture
async def alice(people: People) -> Person:
    alice, bob = await people("alice"), await people("bob")
    for task in TASKS:
        await alice.task(**task)
    await bob.task(title="milk of someone else")
    return alice


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"completed": "true"}, [3]),
        ({"completed": "0"}, [1, 2, 4, 5]),
        ({"priority": "medium"}, [3, 4, 5]),
        ({"tags": "shop"}, [1, 2]),
        ({"tags": " food , shop ,"}, [1]),
        ({"tags": " ,"}, [1, 2, 3, 4, 5]),
        ({"tags": "SHOP"}, []),
        ({"overdue": "true"}, [1]),
        ({"overdue": "false"}, [2, 3, 4, 5]),
        ({"search": "milk"}, [1, 3]),
        ({"search": ""}, [1, 2, 3, 4, 5]),
        ({"search": "%"}, [3]),
        ({"search": "k_s"}, [3]),
        ({"search": "\\"}, [5]),
        ({"due_after": day(0)}, [2, 4]),
        ({"due_before": day(0)}, [1, 2, 3]),
        ({"due_after": day(-1), "due_before": day(0)}, [1, 2]),
        ({"created_after": day(0)}, [1, 2, 3, 4, 5]),
        ({"created_after": day(1)}, []),
        ({"created_before": day(0)}, []),
        ({"created_before": day(1)}, [1, 2, 3, 4, 5]),
        ({"search": "milk", "completed": "false", "tags": "food"}, [1]),
        ({"sort_by": "title"}, [3, 5, 2, 1, 4]),
        ({"sort_by": "priority"}, [2, 3, 4, 5, 1]),
        ({"sort_by": "priority", "sort_order": "desc"}, [1, 5, 4, 3, 2]),
        ({"sort_by": "due_date"}, [3, 1, 2, 4, 5]),
        ({"sort_by": "due_date", "sort_order": "desc"}, [4, 2, 1, 3, 5]),
        ({"sort_by": "completed", "sort_order": "desc"}, [3, 5, 4, 2, 1]),
        ({"sort_by": "created_at", "sort_order": "desc"}, [5, 4, 3, 2, 1]),
        ({"sort_by": "id", "sort_order": "desc"}, [5, 4, 3, 2, 1]),
        ({"sort_order": "desc"}, [1, 2, 3, 4, 5]),
    ],
)
async def test_a_query_selects_and_orders(alice: Person, query, ids):
    answer = await alice.get("/tasks", **query)
    listed = [task["id"] for task in answer["tasks"]]
    if query.get("sort_by") == "title":
        # Where capitals and signs go is the database's collation's business.
        titles = {1: "milk", 2: "bread", 3: "50%", 4: "zebra", 5: "back"}
        assert sorted(listed) == sorted(titles)
        assert listed.index(2) < listed.index(4)
    else:
        assert listed == ids
    assert answer["total"] == len(ids)


@pytest.mark.parametrize(
    ("query", "ids", "page", "pages"),
    [
        ({"limit": 2}, [1, 2], 1, 3),
        ({"limit": 2, "skip": 4}, [5], 3, 3),
        ({"limit": 2, "skip": 9}, [], 5, 3),
        ({"limit": 5}, [1, 2, 3, 4, 5], 1, 1),
        ({"search": "none"}, [], 1, 1),
    ],
)
async def test_pages(alice: Person, query, ids, page, pages):
    answer = await alice.get("/tasks", **query)
    assert [task["id"] for task in answer["tasks"]] == ids
    assert (answer["page"], answer["pages"]) == (page, pages)


@pytest.mark.parametrize(
    "query",
    [
        {"completed": "perhaps"},
        {"priority": "urgent"},
        {"overdue": "x"},
        {"search": "a\0b"},
        {"tags": "\0"},
        {"due_after": "soon"},
        {"due_after": "0"},
        {"sort_by": "notes"},
        {"sort_order": "up"},
        {"skip": -1},
        {"skip": 10**12},
        {"limit": 0},
        {"limit": 101},
    ],
)
async def test_an_unfit_query_is_refused(alice: Person, query):
    assert (await alice("GET", "/tasks", params=query)).status_code == 422


async def test_listing_one_task_or_a_hundred_takes_the_same_few_statements(client, people: People):
    alice = await people("alice")

    async def statements_of_a_list() -> int:
        steps: list[Step] = []
        with watched(steps):
            await alice.get("/tasks")
        return len(steps)

    await alice.task()
    one = await statements_of_a_list()
    for number in range(99):
        task = await alice.task()
        if number % 10 == 0:
            await alice("POST", f"/tasks/{task['id']}/comments", {"content": "x"})
    assert await statements_of_a_list() == one
    assert 0 < one <= 5
