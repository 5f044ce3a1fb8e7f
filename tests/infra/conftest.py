"""A recorded graph, a Docker Engine and a clock for the tests of infra."""

import base64
from datetime import datetime, timedelta
from typing import Any

import dill
import pytest
from pulumi.dynamic import ResourceProvider

from infra.steps import containers, release_history, step_containers
from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.program import Graph, run
from tests.infra.history_host import HistoryHost, Props
from tests.infra.switching import Switching


@pytest.fixture(scope="session")
def graph() -> Graph:
    """Stack `local` with the settings that it comes with."""
    return run()


class Clock:
    """Time that passes only in a sleep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        assert seconds > 0, "a wait without a pause keeps a processor busy"
        assert len(self.slept) < 5000, "this waits for ever"
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the steps; the rest of the process keeps the real one."""
    clock = Clock()
    # The modules that wait, and tenacity, by which the others do.
    for module in ("infra.steps.health", "tenacity", "tenacity.nap"):
        monkeypatch.setattr(f"{module}.time", clock)
    return clock


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The Docker Engine that the steps reach."""
    engine = FakeEngine()
    monkeypatch.setattr(containers, "connect", engine.connect)
    return engine


@pytest.fixture
def history_host(monkeypatch: pytest.MonkeyPatch) -> HistoryHost:
    """The Docker Engine that has the history of releases."""
    host = HistoryHost()
    monkeypatch.setattr(containers, "connect", host.connect)
    monkeypatch.setattr(step_containers, "remove", host.cleared.append)
    return host


@pytest.fixture(scope="session")
def history() -> tuple[ResourceProvider, Props]:
    """The last step of a release, and its properties."""
    node = run().named("taskmanager-ledger")
    props = {**node.inputs, "schema": "0002"}
    return dill.loads(base64.b64decode(props.pop("__provider"))), props  # noqa: S301 - our own


@pytest.fixture
def a_second_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases are a second apart, as they are to the release history."""

    class Clock(datetime):
        passed = 0

        @classmethod
        def now(cls, tz: Any = None) -> "datetime":
            cls.passed += 1
            return datetime(2026, 11, 23, tzinfo=tz) + timedelta(seconds=cls.passed)

    monkeypatch.setattr(release_history, "datetime", Clock)


@pytest.fixture
def switch(
    graph: Graph, engine: FakeEngine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Switching:
    """The switch of a release whose containers have started."""
    return Switching(graph, engine, monkeypatch)
