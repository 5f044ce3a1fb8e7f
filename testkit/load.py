"""Keep-alive clients at a bounded rate that remember every answer."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import requests

from testkit.load_users import LoadUsers, load_users
from testkit.stack_driver import StackDriver
from testkit.user import NOTE, TIMEOUT_SECONDS, User

CLIENTS = 8
RATE = 100
SLOW_SECONDS = 2
SLOW_PATH = f"/slow?seconds={SLOW_SECONDS}"
SLOW_ROUTE = Path(__file__).parent / "programs" / "slow_route.py"


@dataclass(frozen=True)
class Answer:
    """One request and its answer; `began` and `ended` are monotonic seconds.

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


def add_slow_route(deployment: StackDriver) -> None:
    """Add GET /slow to the code of a deployment; clients of SLOW_PATH ask for it."""
    deployment.wrap_app(SLOW_ROUTE, "with_slow_route(create_app)")


@contextmanager
def load(
    url: str, *, rate: int = RATE, slow: int = 0, by: LoadUsers | None = None
) -> Iterator["Load"]:
    """`rate` requests a second on `url` until the context is left.

    `slow` more clients ask for answers that take SLOW_SECONDS, one after the other. The users are
    the load users of `url`, or `by` where another address leads to the same data.
    """
    running = Load(url, by or load_users(url), rate, slow)
    thread = threading.Thread(target=lambda: asyncio.run(running.run()), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.stop.set()
        thread.join(60)


@dataclass
class Load:
    """A mix of reads, writes and uploads and all that came back."""

    url: str
    users: LoadUsers
    rate: int
    slow: int
    answers: list[Answer] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def failures(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.failed]

    def lost(self) -> set[int]:
        """The ids of comments that were acknowledged and are not stored; it should be empty."""
        acknowledged = {answer.made for answer in self.answers if answer.made is not None}
        return acknowledged - self.users.comments()

    def wait_for(self, count: int, *, limit: float = 120) -> None:
        """Go on until `count` answers are in."""
        deadline = time.monotonic() + limit
        while len(self.answers) < count and time.monotonic() < deadline:
            time.sleep(0.1)

    async def run(self) -> None:
        clients = CLIENTS * max(1, self.rate // RATE)
        await asyncio.gather(
            *(self._work(number, of=clients) for number in range(clients)),
            *(self._wait_long() for _ in range(self.slow)),
        )

    async def _work(self, number: int, *, of: int) -> None:
        user, task = self.users.members[number % len(self.users.members)]
        mix = _mix(number, task, self.users.collector)
        period = of / self.rate
        # Spread over one round, or all would ask for the same thing at the same moment, for ever.
        await asyncio.sleep(len(mix) * period * number / of)
        await self._client(user, mix, period=period)

    async def _wait_long(self) -> None:
        user, _ = self.users.members[0]
        # A refused one is asked again no sooner than one that is answered.
        await self._client(user, [("GET", SLOW_PATH, {})], period=SLOW_SECONDS)

    async def _client(self, user: User, mix: Iterable["Request"], *, period: float) -> None:
        requests_in_turn = itertools.cycle(mix)
        options: dict[str, Any] = {
            "timeout": aiohttp.ClientTimeout(TIMEOUT_SECONDS),
            "headers": user.headers,
            "trace_configs": [_every_connection()],
        }
        async with aiohttp.ClientSession(self.url, **options) as client:
            while not self.stop.is_set():
                began = time.monotonic()
                self.answers.append(await _ask(client, *next(requests_in_turn)))
                await asyncio.sleep(max(0.0, period - (time.monotonic() - began)))


Request = tuple[str, str, dict[str, Any]]
"""Method, path and body as aiohttp takes it."""


def _mix(number: int, task: int, collector: int) -> list[Request]:
    return [
        ("GET", "/tasks?limit=10", {}),
        ("GET", "/version", {}),
        ("POST", f"/tasks/{task}/tags", {"json": [f"tag-{number}"]}),
        ("GET", f"/tasks/{task}", {}),
        ("POST", f"/tasks/{collector}/comments", {"json": {"content": "kept"}}),
        ("GET", "/tasks/stats", {}),
        ("DELETE", f"/tasks/{task}/tags/tag-{number}", {}),
        ("GET", "/version", {}),
        ("POST", f"/tasks/{task}/files", _file()),
    ]


def _file() -> dict[str, Any]:
    """A form with a file, made once for all requests of a client."""
    form = requests.Request("POST", "http://any.test", files={"file": NOTE}).prepare()
    return {"data": form.body, "headers": {"Content-Type": form.headers["Content-Type"]}}


async def _ask(
    client: aiohttp.ClientSession, method: str, path: str, body: dict[str, Any]
) -> Answer:
    began = time.monotonic()
    request = f"{method} {path}"
    connections: list[str] = []
    try:
        async with client.request(method, path, **body, trace_request_ctx=connections) as response:
            content = await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        return Answer(began, time.monotonic(), request, None, problem=repr(error))
    ended = time.monotonic()
    problem = "asked twice: the first connection broke" if len(connections) > 1 else None
    answer = json.loads(content) if response.ok and path.endswith(("/version", "ments")) else {}
    return Answer(
        began, ended, request, response.status, answer.get("version"), answer.get("id"), problem
    )


def _every_connection() -> aiohttp.TraceConfig:
    """Report each connection that a request gets: aiohttp hides a broken one by trying again."""

    async def got(_client: Any, context: Any, _given: Any) -> None:
        context.trace_request_ctx.append("")

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(got)
    trace.on_connection_reuseconn.append(got)
    return trace
