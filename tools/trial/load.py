"""Keep-alive clients at a bounded rate that remember every answer."""

import asyncio
import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

CLIENTS = 8
START_SECONDS = 30
RATE = 100
"""Requests a second, of all clients together."""


@dataclass(frozen=True)
class Answer:
    """One request: when it began and ended (monotonic seconds), what came back."""

    began: float
    ended: float
    request: str
    status: int | None
    version: str | None
    problem: str | None = None

    @property
    def failed(self) -> bool:
        return self.problem is not None or self.status is None or self.status >= 400


@contextmanager
def load(url: str) -> Iterator["Load"]:
    """Requests on `url` by one registered user, from now until the context is left."""
    running = Load(url)
    thread = threading.Thread(target=lambda: asyncio.run(running.run()), daemon=True)
    thread.start()
    try:
        if not running.started.wait(START_SECONDS):
            raise TimeoutError(f"the load did not start within {START_SECONDS} s")
        yield running
    finally:
        running.stop.set()
        thread.join(60)


@dataclass
class Load:
    """A mix of reads and writes and all that came back."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    started: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def failures(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.failed]

    def wait_for(self, count: int, *, limit: float = 120) -> None:
        """Go on until `count` answers are in."""
        deadline = time.monotonic() + limit
        while len(self.answers) < count and time.monotonic() < deadline:
            time.sleep(0.1)

    async def run(self) -> None:
        token, task = await _session(self.url)
        self.started.set()
        await asyncio.gather(*(self._client(number, token, task) for number in range(CLIENTS)))

    async def _client(self, number: int, token: str, task: int) -> None:
        requests = itertools.cycle(
            [
                ("GET", "/tasks?limit=10", None),
                ("GET", "/version", None),
                ("POST", f"/tasks/{task}/tags", [f"tag-{number}"]),
                ("GET", f"/tasks/{task}", None),
                ("GET", "/tasks/stats", None),
                ("DELETE", f"/tasks/{task}/tags/tag-{number}", None),
            ]
        )
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self.url, timeout=30, headers=headers) as client:
            while not self.stop.is_set():
                began = time.monotonic()
                self.answers.append(await _ask(client, *next(requests)))
                pause = CLIENTS / RATE - (time.monotonic() - began)
                await asyncio.sleep(max(0.0, pause))


async def _ask(client: httpx.AsyncClient, method: str, path: str, body: object) -> Answer:
    began = time.monotonic()
    request = f"{method} {path}"
    try:
        response = await client.request(method, path, json=body)
    except httpx.HTTPError as error:
        return Answer(began, time.monotonic(), request, None, None, repr(error))
    version = response.json().get("version") if path == "/version" and response.is_success else None
    return Answer(began, time.monotonic(), request, response.status_code, version)


_SESSIONS: dict[str, tuple[str, int]] = {}


async def _session(url: str) -> tuple[str, int]:
    """A token and a task of its owner; one for each deployment, whose logins are limited."""
    if url not in _SESSIONS:
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            token = await _register(client)
            _SESSIONS[url] = token, await _task(client, token)
    return _SESSIONS[url]


async def _register(client: httpx.AsyncClient) -> str:
    user = {"username": f"load-{secrets.token_hex(4)}", "password": secrets.token_hex(12)}
    made = await client.post("/auth/register", json={**user, "email": f"{user['username']}@x.test"})
    made.raise_for_status()
    session = await client.post("/auth/login", json=user)
    session.raise_for_status()
    return str(session.json()["access_token"])


async def _task(client: httpx.AsyncClient, token: str) -> int:
    made = await client.post(
        "/tasks", json={"title": "under load"}, headers={"Authorization": f"Bearer {token}"}
    )
    made.raise_for_status()
    return int(made.json()["id"])
