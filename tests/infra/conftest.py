"""Makes infra's modules importable by the bare names that the program itself uses."""

import pytest

from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.program import Graph, run


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
    from infra.steps import health, host_ready, smoke_test

    clock = Clock()
    monkeypatch.setattr(smoke_test, "time", clock)
    monkeypatch.setattr(health, "time", clock)
    monkeypatch.setattr(host_ready, "time", clock)
    return clock


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The Docker Engine that the jobs reach."""
    from infra.steps import containers

    engine = FakeEngine()
    monkeypatch.setattr(containers, "connect", engine.connect)
    return engine
