"""Makes infra's modules importable by the bare names that the program itself uses."""

import sys

import pytest

from tests.infra.fakes import FakeEngine
from tests.infra.graph import INFRA, Graph, run

sys.path.append(str(INFRA))


@pytest.fixture(scope="session")
def graph() -> Graph:
    """Stack `local` with the settings that it comes with."""
    return run()


class Clock:
    """Time that passes only when somebody sleeps."""

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
    """The clock of the jobs; the rest of the process keeps the real one."""
    from jobs import gate, health, host_ready

    clock = Clock()
    monkeypatch.setattr(gate, "time", clock)
    monkeypatch.setattr(health, "time", clock)
    monkeypatch.setattr(host_ready, "time", clock)
    return clock


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The Docker Engine that the jobs reach."""
    from jobs import daemon

    engine = FakeEngine()
    monkeypatch.setattr(daemon, "connect", engine.connect)
    return engine
