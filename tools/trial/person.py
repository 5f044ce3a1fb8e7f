"""A registered user of a deployment under load, and what was promised to that user."""

import base64
import secrets
from dataclasses import dataclass

import httpx
import requests

TIMEOUT_SECONDS = 30
# Enough that not all clients wait for the lock of one row, few enough for an hour's limit.
TASKS = 16
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class Person:
    """Somebody with a session and tasks: some to work on, and one that only collects comments."""

    token: str
    tasks: tuple[int, ...]
    collector: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def comments(self, url: str) -> set[int]:
        """The comments that the collector has now."""
        path = f"{url}/tasks/{self.collector}/comments"
        found = requests.get(path, headers=self.headers, timeout=TIMEOUT_SECONDS)
        found.raise_for_status()
        return {int(comment["id"]) for comment in found.json()}


_KNOWN: dict[str, Person] = {}


async def person(url: str) -> Person:
    """The one of the deployment at `url`, whose logins are limited."""
    if url not in _KNOWN:
        async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS) as client:
            # Another user's, so that what is collected is not in what the others read.
            collecting = await _register(client)
            collector = await _task(client, collecting)
            token = await _register(client, share=(collecting, collector))
            tasks = [await _task(client, token) for _ in range(TASKS)]
            _KNOWN[url] = Person(token, tuple(tasks), collector)
    return _KNOWN[url]


async def _register(client: httpx.AsyncClient, *, share: tuple[str, int] | None = None) -> str:
    user = {"username": f"load-{secrets.token_hex(4)}", "password": secrets.token_hex(12)}
    made = await client.post("/auth/register", json={**user, "email": f"{user['username']}@x.test"})
    made.raise_for_status()
    session = await client.post("/auth/login", json=user)
    session.raise_for_status()
    if share:
        token, task = share
        shared = await client.post(
            f"/tasks/{task}/share",
            json={"shared_with_username": user["username"], "permission": "edit"},
            headers={"Authorization": f"Bearer {token}"},
        )
        shared.raise_for_status()
    return str(session.json()["access_token"])


async def _task(client: httpx.AsyncClient, token: str) -> int:
    made = await client.post(
        "/tasks", json={"title": "under load"}, headers={"Authorization": f"Bearer {token}"}
    )
    made.raise_for_status()
    return int(made.json()["id"])
