"""A recorded graph, a Docker Engine and a clock for the tests of infra."""

import pytest

from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.program import Graph, run


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
    from infra.steps import containers

    engine = FakeEngine()
    monkeypatch.setattr(containers, "connect", engine.connect)
    return engine
