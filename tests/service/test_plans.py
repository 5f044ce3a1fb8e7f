"""Every query finds its rows by an index, once tables are large enough for that to matter."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from app.persistence.database import Database
from app.services import accounts, task_list, users
from app.services.accounts import Caller
from app.services.task_list import Page, TaskFilter
from app.settings import Settings
from benchmarks.service.filling import Size, fill
from benchmarks.service.recording import Step, watched
from testkit.backends import Backends

from .people import People, Person
from .uploads import upload

TASKS = 20_000
KEPT = text("SELECT statement, generic_plans FROM pg_prepared_statements")
# People who do nothing, and rows of what the bench does without.
MORE = """
INSERT INTO users (username, email, hashed_password)
SELECT 'quiet' || n, 'quiet' || n || '@bench.test', 'x' FROM generate_series(1, 5000) AS n;
INSERT INTO notification_preferences (user_id) SELECT id FROM users WHERE id <> 2;
INSERT INTO task_files (task_id, original_filename, stored_filename, file_size)
SELECT n, 'a.txt', 'name-' || n, 1 FROM generate_series(1, 5000) AS n;
VACUUM ANALYZE;
"""
FILTERS: list[dict[str, Any]] = [
    {},
    {"limit": 100, "sort_by": "priority", "sort_order": "desc"},
    {"completed": "true", "priority": "low", "due_after": "2026-02-01", "due_before": "2026-03-01"},
    {"tags": "tag1,tag21"},
    {"search": "word 7"},
    {"overdue": "true", "created_after": "2026-01-01", "created_before": "2026-02-01"},
    {"overdue": "false"},
]
# Tasks of the first user.
OWN, OTHER = 100, 300
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/tasks", {"title": "new"}),
    ("PATCH", f"/tasks/{OWN}", {"title": "renamed"}),
    ("PATCH", "/tasks/bulk", {"task_ids": [OWN, OTHER], "updates": {"priority": "low"}}),
    ("POST", f"/tasks/{OWN}/tags", ["more"]),
    ("DELETE", f"/tasks/{OWN}/tags/more", None),
    ("POST", f"/tasks/{OWN}/share", {"shared_with_username": "quiet1", "permission": "view"}),
    ("PUT", f"/tasks/{OWN}/share/quiet1", {"permission": "edit"}),
    ("DELETE", f"/tasks/{OWN}/share/quiet1", None),
    ("POST", f"/tasks/{OWN}/comments", {"content": "hello"}),
    ("PATCH", "/comments/6667", {"content": "goodbye"}),
    ("DELETE", "/comments/6667", None),
    ("DELETE", f"/files/{OWN}", None),
    ("DELETE", f"/tasks/{OTHER}", None),
    ("PATCH", "/notifications/preferences", {"task_completed": True}),
    ("POST", "/notifications/subscribe", None),
    (
        "PATCH",
        "/users/me/change-password",
        {"current_password": "password", "new_password": "password2"},
    ),
]
PUBLIC = [
    ("/auth/register", {"username": "new", "email": "new@test.com", "password": "password"}),
    ("/auth/password-reset/request", {"email": "USER3@bench.test"}),
]
REFUSED = [
    ("/auth/password-reset/verify", {"token": "unknown", "new_password": "password"}),
    ("/notifications/verify", {"token": "unknown"}),
]


@pytest.fixture
async def filled(clean: Backends, client: httpx.AsyncClient) -> Person:
    """Its first user, in a database of twenty thousand tasks and as many log entries."""
    await fill(clean.database_url, Size(TASKS))
    connection = await asyncpg.connect(clean.database_url)
    for statement in MORE.split(";\n"):
        await connection.execute(statement or "SELECT")
    await connection.close()
    token = await People(client).login("user1")
    return Person(client, {"id": 1, "username": "user1"}, token)


async def ask_everything(person: Person, client: httpx.AsyncClient) -> None:
    for query in FILTERS:
        await person.get("/tasks", **query)
    for path in (
        *(f"/tasks/{OWN}", f"/tasks/{OWN}/comments", f"/tasks/{OWN}/shares", f"/tasks/{OWN}/files"),
        *("/tasks/stats", "/tasks/shared-with-me", f"/activity/tasks/{OWN}", "/activity/stats"),
        *("/activity", "/activity?action=created&resource_type=task&start_date=2026-01-01"),
        *("/users/me", "/users/search?query=quiet123", "/notifications/preferences"),
    ):
        assert (await person("GET", path)).status_code == 200, path
    assert (await client.get("/users/1/avatar.png")).status_code == 404
    assert (await person("GET", f"/files/{OWN}")).status_code == 404
    assert (await upload(person, path=f"/tasks/{OWN}/files")).status_code == 201
    for method, path, body in WRITES:
        response = await person(method, path, body)
        assert response.is_success, f"{method} {path}: {response.text}"
    for path, body in PUBLIC:
        assert (await client.post(path, json=body)).is_success
    for path, body in REFUSED:
        assert (await client.post(path, json=body)).status_code == 400


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


async def test_every_query_of_the_api_uses_an_index(
    filled: Person, client: httpx.AsyncClient, clean: Backends
):
    steps: list[Step] = []
    with watched(steps):
        await ask_everything(filled, client)
    asked = {what: values for kind, what, values in steps if kind != "redis" and " " in what}
    connection = await asyncpg.connect(clean.database_url)
    read_whole: list[str] = []
    planned = 0
    for statement, arguments in asked.items():
        if not any(table in statement for table in ("users", "task", "activity", "preferences")):
            continue
        plan = json.loads(
            await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
        )
        planned += 1
        if any(node["Node Type"] == "Seq Scan" for node in nodes(plan[0]["Plan"])):
            read_whole.append(statement)
    await connection.close()
    assert not read_whole, "these read a table from end to end"
    assert planned > 50, "the statements of every operation were seen"


async def test_a_search_is_planned_for_its_own_values_however_often_it_is_asked(settings: Settings):
    database = Database(settings)
    caller = Caller(1, "alice", stats_version=0, token_digest="x")
    with database.reader() as reader:
        for _ in range(10):
            await task_list.search(reader, caller, where=TaskFilter(search="milk"), page=Page())
            await task_list.search(reader, caller, where=TaskFilter(tags=["a"]), page=Page())
            await users.search(reader, caller, words="bob", limit=10)
        kept = [row["statement"] for row in await reader.rows(KEPT)]
    await database.close()
    searches = [statement for statement in kept if "ILIKE" in statement or "@>" in statement]
    assert searches == [], "Postgres would plan a search without knowing the words"


async def test_the_plan_of_a_query_by_key_is_made_once(settings: Settings):
    database = Database(settings)
    with database.reader() as reader:
        for _ in range(10):
            await reader.row(accounts.IDENTIFY, username="alice")
        generic = {row["statement"]: row["generic_plans"] for row in await reader.rows(KEPT)}
    await database.close()
    [plans] = [plans for statement, plans in generic.items() if "kept_token" in statement]
    assert plans > 0


async def test_every_foreign_key_has_an_index_that_deleting_goes_by(clean: Backends):
    connection = await asyncpg.connect(clean.database_url)
    without = await connection.fetch("""
        SELECT conrelid::regclass AS table, conname AS key FROM pg_constraint
        WHERE contype = 'f' AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1]
        )
    """)
    await connection.close()
    assert without == []
