"""The measured operations, each with the requests that are sent in turn."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from benchmarks.service.filling import PASSWORD, PER_USER, Size, owner_of, username, with_timeline

SECRET = "only-for-this-benchmark-of-32-bytes"  # noqa: S105 - signs tokens of a bench only
DIFFERENT = 50
READS = ("list 10", "list 100", "get", "stats hit", "stats miss", "search", "timeline")


@dataclass(frozen=True)
class Target:
    """One request, by the user whose token it carries."""

    method: str
    path: str
    token: str | None = None
    body: Any = None


def operations(size: Size) -> dict[str, Sequence[Target]]:
    """The requests of each operation, spread over as many users and tasks."""
    chance = random.Random(size.tasks)  # noqa: S311 - the same requests every time
    # Each user once: a second request for a user's statistics would find them cached.
    users = chance.sample(range(1, size.users + 1), min(DIFFERENT, size.users))
    tasks = chance.sample(range(1, size.tasks + 1), DIFFERENT)
    timelines = [with_timeline(number, size) for number in tasks]
    stats = [Target("GET", "/tasks/stats", token(user)) for user in users]
    titled = {"title": "renamed", "priority": "high"}
    new_task = {"title": "made under load", "tags": ["bench"], "description": "a new task"}
    return {
        "login": [
            Target("POST", "/auth/login", None, {"username": username(user), "password": PASSWORD})
            for user in users
        ],
        "list 10": [
            Target("GET", f"/tasks?limit=10&skip={10 * (user % (PER_USER // 10))}", token(user))
            for user in users
        ],
        "list 100": [Target("GET", "/tasks?limit=100", token(user)) for user in users],
        "get": [Target("GET", f"/tasks/{task}", _owner(task, size)) for task in tasks],
        "create": [Target("POST", "/tasks", token(user), new_task) for user in users],
        "patch": [Target("PATCH", f"/tasks/{task}", _owner(task, size), titled) for task in tasks],
        "stats hit": stats,
        "stats miss": stats,
        "search": [Target("GET", "/tasks?search=word%207&limit=10", token(user)) for user in users],
        "timeline": [
            Target("GET", f"/activity/tasks/{task}", _owner(task, size)) for task in timelines
        ],
    }


def token(user: int) -> str:
    """As the service signs them; logging in 50 users would take longer than a round."""
    expires = datetime.now(UTC) + timedelta(hours=6)
    return jwt.encode({"sub": username(user), "exp": expires, "ver": 0}, SECRET, algorithm="HS256")


def _owner(task: int, size: Size) -> str:
    return token(owner_of(task, size))
