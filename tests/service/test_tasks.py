"""Creating, reading, changing and deleting one's own tasks."""

import pytest

from .people import People

FIELDS = {
    "id", "title", "description", "completed", "priority", "created_at", "due_date", "tags",
    "user_id", "comments", "share_count",
}  # fmt: skip


async def test_a_new_task_has_the_documented_defaults(people: People):
    alice = await people("alice")
    task = await alice.task(title="  milk  ")
    assert task.keys() == FIELDS
    assert task["title"] == "milk"
    assert task["user_id"] == alice.id
    assert (task["priority"], task["completed"], task["tags"]) == ("medium", False, [])
    assert (task["description"], task["due_date"], task["comments"]) == (None, None, [])


async def test_a_task_reads_as_it_was_created(people: People):
    alice = await people("alice")
    task = await alice.task(description="", tags=[" a ", "b", "a"], due_date="2030-01-31")
    assert task["tags"] == ["a", "b"]
    assert task["description"] == ""
    assert await alice.get(f"/tasks/{task['id']}") == task


async def test_a_task_is_created_at_a_time_without_offset(people: People):
    created_at = (await (await people("alice")).task())["created_at"]
    assert len(created_at) == len("2030-01-31T12:00:00.000000")


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "   "},
        {"title": "x" * 201},
        {"title": None},
        {"title": "a\0b"},
        {"title": 7},
        {"description": "x" * 1001},
        {"priority": "urgent"},
        {"due_date": ""},
        {"due_date": 0},
        {"due_date": "2030-02-30"},
        {"tags": "a"},
        {"tags": ["a\0"]},
        {"tags": ["x" * 101]},
        {"tags": [str(n) for n in range(101)]},
        {"completed": None},
        {"completed": "perhaps"},
        {"completed": 2},
        {"completed": "yes"},
    ],
)
async def test_unfit_values_are_refused_in_creating_and_changing(people: People, fields):
    alice = await people("alice")
    task = await alice.task()
    assert (await alice("POST", "/tasks", {"title": "x", **fields})).status_code == 422
    assert (await alice("PATCH", f"/tasks/{task['id']}", fields)).status_code == 422


@pytest.mark.parametrize(
    "content", [b"{", b"\xff", b'"\\ud800"', b"[" * 100_000, b'{"title": NaN}', b"1" * 5000, b""]
)
async def test_a_body_that_is_not_the_expected_json_is_refused(people: People, content):
    alice = await people("alice")
    for method, path in [("POST", "/tasks"), ("PATCH", "/tasks/bulk")]:
        assert (await alice(method, path, content=content)).status_code == 422


async def test_a_change_touches_only_the_fields_sent(people: People):
    alice = await people("alice")
    task = await alice.task(description="x", due_date="2030-01-31", tags=["a"])
    changes = {"description": None, "due_date": None, "id": 99, "user_id": 99, "unknown": 1}
    response = await alice("PATCH", f"/tasks/{task['id']}", changes)
    assert response.status_code == 200
    assert response.json() == {**task, "description": None, "due_date": None}


async def test_a_change_without_fields_is_refused(people: People):
    alice = await people("alice")
    task = await alice.task()
    assert (await alice("PATCH", f"/tasks/{task['id']}", {"id": 1})).status_code == 400


async def test_a_deleted_task_is_a_404(people: People):
    alice = await people("alice")
    task = await alice.task()
    assert (await alice("DELETE", f"/tasks/{task['id']}")).status_code == 204
    response = await alice("GET", f"/tasks/{task['id']}")
    assert response.status_code == 404
    assert response.json()["task_id"] == task["id"]


@pytest.mark.parametrize("task_id", [0, -1, 99, 2**31, 10**30])
async def test_an_id_without_a_task_is_404(people: People, task_id):
    alice = await people("alice")
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("POST", "/tags", ["a"]),
        ("DELETE", "/tags/a", None),
    ]:
        response = await alice(method, f"/tasks/{task_id}{path}", body)
        assert response.status_code == 404, f"{method} {path}"


async def test_an_id_that_is_no_number_is_422(people: People):
    assert (await (await people("alice"))("GET", "/tasks/first")).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/tasks/stats", "GET, HEAD"),
        ("GET", "/tasks/bulk", "PATCH"),
        ("HEAD", "/tasks/bulk", "PATCH"),
        ("DELETE", "/tasks/shared-with-me", "GET, HEAD"),
        ("PATCH", "/users/me", "GET, HEAD"),
        ("PUT", "/tasks/1", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/comments/1", "DELETE, PATCH"),
        ("TRACE", "/tasks", "GET, HEAD, POST"),
        ("PROPFIND", "/notifications/preferences", "GET, HEAD, PATCH"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
    ],
)
async def test_a_method_that_a_path_lacks_is_405(people: People, method, path, allowed):
    response = await (await people("alice"))(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)


async def test_every_operation_on_a_foreign_task_is_a_403(people: People):
    alice, bob = await people("alice"), await people("bob")
    task = await alice.task()
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("POST", "/tags", ["a"]),
        ("DELETE", "/tags/a", None),
    ]:
        response = await bob(method, f"/tasks/{task['id']}{path}", body)
        assert response.status_code == 403, f"{method} {path}"
        assert response.json().keys() == {"detail", "error", "message"}


async def test_a_path_with_a_slash_at_the_end_leads_to_the_one_without(people: People):
    response = await (await people("alice"))("GET", "/tasks/")
    assert response.status_code == 307
    assert response.headers["location"].endswith("/tasks")
