"""The smoke test against a real HTTP server that misbehaves as told."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.steps import smoke_test
from infra.steps.failure import StepFailed
from tests.infra.conftest import Clock

RELEASE = "sha256:new"
GOOD = {"/version": (200, json.dumps({"version": RELEASE})), "/ready": (200, "{}")}
OTHER = {**GOOD, "/version": (200, json.dumps({"version": "sha256:old"}))}
BROKEN = {**GOOD, "/version": (500, "Internal Server Error")}
UNREADY = {**GOOD, "/ready": (503, "{}")}
NONSENSE = {**GOOD, "/version": (200, "<h1>It works!</h1>")}
NAMELESS = {**GOOD, "/version": (200, "[]")}
SILENT: dict[str, tuple[int, str]] = {}


class Site:
    """Plays `acts`, one for each try, the last one for ever."""

    def __init__(self, acts: Sequence[dict[str, tuple[int, str]]]) -> None:
        self.acts = acts
        self.tries = 0
        self.url = ""

    def answer(self, path: str) -> tuple[int, str] | None:
        if path == "/version":
            self.tries += 1
        return self.acts[min(self.tries, len(self.acts)) - 1].get(path)


@contextmanager
def site(*acts: dict[str, tuple[int, str]]) -> Iterator[Site]:
    playing = Site(acts)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = playing.answer(self.path)
            if answer is None:
                self.close_connection = True
                return
            status, body = answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """The test's output is for what the test says."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        playing.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield playing
        finally:
            server.shutdown()
            thread.join()


def test_a_release_is_proved_by_as_many_answers_as_asked_for(clock: Clock) -> None:
    with site(GOOD) as playing:
        smoke_test.verify(playing.url, RELEASE, answers=4)
    assert playing.tries == 4
    assert clock.slept == [], "a good release is not kept waiting"


def test_whatever_comes_before_the_right_answer_is_waited_out(clock: Clock) -> None:
    with site(OTHER, BROKEN, SILENT, UNREADY, NONSENSE, GOOD) as playing:
        smoke_test.verify(playing.url, RELEASE, answers=2)
    assert playing.tries == 5 + 2


def test_answers_count_only_in_a_row(clock: Clock) -> None:
    with site(GOOD, GOOD, OTHER, GOOD) as playing:
        smoke_test.verify(playing.url, RELEASE, answers=3)
    assert playing.tries == 3 + 3, "every second answer from the old release proves nothing"


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (OTHER, "sha256:old answers in its place"),
        (BROKEN, "/version answers 500"),
        (UNREADY, "/ready answers 503"),
        (SILENT, r"no connection \(ConnectionError\)"),
        (NONSENSE, "something without a version answers in its place"),
        (NAMELESS, "something without a version answers in its place"),
    ],
    ids=["other release", "500", "unready", "no answer", "no JSON", "other JSON"],
)
def test_a_release_that_does_not_answer_in_time_is_refused_with_what_came_instead(
    clock: Clock, act: dict[str, tuple[int, str]], reason: str
) -> None:
    with site(act) as playing, pytest.raises(StepFailed, match=reason):
        smoke_test.verify(playing.url, RELEASE, answers=2)
    assert 20 <= sum(clock.slept) < 25, "the old containers wait for the verdict"


def test_a_release_that_answers_now_and_then_is_refused(clock: Clock) -> None:
    acts = [GOOD, BROKEN] * 200
    with site(*acts) as playing, pytest.raises(StepFailed):
        smoke_test.verify(playing.url, RELEASE, answers=2)


def test_a_port_without_a_listener_is_refused(clock: Clock) -> None:
    with site(GOOD) as playing:
        closed = playing.url
    with pytest.raises(StepFailed, match="no connection"):
        smoke_test.verify(closed, RELEASE, answers=1)


def test_the_deployers_http_proxy_is_not_asked(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with site(GOOD) as playing:
        smoke_test.verify(playing.url, RELEASE, answers=1)
