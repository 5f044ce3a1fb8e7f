"""Keep-alive clients at a bounded rate that remember every answer."""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tools.trial.person import PICTURE, TIMEOUT_SECONDS, Person, person

CLIENTS = 8
START_SECONDS = 30
RATE = 100
SLOW_SECONDS = 2
SLOW_PATH = f"/slow?seconds={SLOW_SECONDS}"
SLOW_ROUTE = """
import asyncio as _asyncio
_quick = create_app
def create_app(*given, **named):
    app = _quick(*given, **named)
    async def slow(seconds: float) -> float:
        await _asyncio.sleep(seconds)
        return seconds
    app.add_api_route("/slow", slow)
    return app
"""
"""What a deployment's app/main.py needs at its end for clients that ask SLOW_PATH."""


@dataclass(frozen=True)
class Answer:
    """One request: when it began and ended (monotonic seconds), what came back.

    `made` is the id of the comment that it was told is stored.
    """

    began: float
    ended: float
    request: str
    status: int | None
    version: str | None = None
    made: int | None = None
    problem: str | None = None

    @property
    def failed(self) -> bool:
        return self.problem is not None or self.status is None or self.status >= 400


@contextmanager
def load(url: str, *, rate: int = RATE, slow: int = 0) -> Iterator["Load"]:
    """`rate` requests a second on `url` by a registered user until the context is left.

    `slow` more clients ask for answers that take SLOW_SECONDS, one after the other.
    """
    running = Load(url, rate, slow)
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
    """A mix of reads, writes and uploads and all that came back."""

    url: str
    rate: int
    slow: int
    answers: list[Answer] = field(default_factory=list)
    started: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    who: Person = field(init=False)

    @property
    def failures(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.failed]

    def lost(self) -> set[int]:
        """Comments that were acknowledged and are not there: none, ever."""
        acknowledged = {answer.made for answer in self.answers if answer.made is not None}
        return acknowledged - self.who.comments(self.url)

    def wait_for(self, count: int, *, limit: float = 120) -> None:
        """Go on until `count` answers are in."""
        deadline = time.monotonic() + limit
        while len(self.answers) < count and time.monotonic() < deadline:
            time.sleep(0.1)

    async def run(self) -> None:
        self.who = await person(self.url)
        self.started.set()
        clients = CLIENTS * max(1, self.rate // RATE)
        mixed = (
            self._client(_mix(number, self.who), period=clients / self.rate)
            for number in range(clients)
        )
        slow = (self._client([("GET", SLOW_PATH, {})], period=0) for _ in range(self.slow))
        await asyncio.gather(*mixed, *slow)

    async def _client(self, requests: Iterable["Request"], *, period: float) -> None:
        asked = itertools.cycle(requests)
        options: dict[str, Any] = {"timeout": TIMEOUT_SECONDS, "headers": self.who.headers}
        async with httpx.AsyncClient(base_url=self.url, **options) as client:
            while not self.stop.is_set():
                began = time.monotonic()
                self.answers.append(await _ask(client, *next(asked)))
                await asyncio.sleep(max(0.0, period - (time.monotonic() - began)))


Request = tuple[str, str, dict[str, Any]]
"""Method, path and body as httpx takes it."""


def _mix(number: int, who: Person) -> list[Request]:
    task = who.tasks[number % len(who.tasks)]
    picture = {"files": {"file": ("me.png", PICTURE, "image/png")}}
    return [
        ("GET", "/tasks?limit=10", {}),
        ("GET", "/version", {}),
        ("POST", f"/tasks/{task}/tags", {"json": [f"tag-{number}"]}),
        ("GET", f"/tasks/{task}", {}),
        ("POST", f"/tasks/{who.collector}/comments", {"json": {"content": "kept"}}),
        ("GET", "/tasks/stats", {}),
        ("DELETE", f"/tasks/{task}/tags/tag-{number}", {}),
        ("GET", "/version", {}),
        ("POST", "/users/me/avatar", picture),
    ]


async def _ask(client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]) -> Answer:
    began = time.monotonic()
    request = f"{method} {path}"
    try:
        response = await client.request(method, path, **body)
    except httpx.HTTPError as error:
        return Answer(began, time.monotonic(), request, None, problem=repr(error))
    ended = time.monotonic()
    found = response.json() if response.is_success and path.endswith(("/version", "ments")) else {}
    return Answer(
        began, ended, request, response.status_code, found.get("version"), found.get("id")
    )
