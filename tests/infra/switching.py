"""A host on which a new release has just been started, and its proxy."""

from collections.abc import Callable

import pytest

from infra.steps import smoke_test
from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine, state
from testkit.recorded.program import Graph
from testkit.recorded.steps import step

API_1, API_2 = "taskmanager-api-1-0a1b2c3", "taskmanager-api-2-0a1b2c3"
OLD = {"targets": ["taskmanager-api-1-old", "taskmanager-api-2-old"], "release": "sha256:old"}
NEW_ROUTE = [f"{API_1}:8000", f"{API_2}:8000"]
OLD_ROUTE = ["taskmanager-api-1-old:8000", "taskmanager-api-2-old:8000"]
LISTING = """Service      Host  Path  Target                            State    TLS
taskmanager  *     /     {targets}  running  no"""


class Switching:
    """A host on which a new release has just been started."""

    def __init__(self, graph: Graph, engine: FakeEngine, patch: pytest.MonkeyPatch) -> None:
        self.provider, self.props = step(graph, "Switch")
        self.previous = {**self.props, **OLD}
        self.proxy = FakeContainer("taskmanager-proxy")
        self.new = [
            FakeContainer(API_1, states=[state()], log="Started"),
            FakeContainer(API_2, states=[state()], log="Started"),
        ]
        engine.known.update({each.name: each for each in [self.proxy, *self.new]})
        self.smoke_test: Callable[[], None] = lambda: None
        self.proved: list[tuple[str, str, int]] = []
        self.limits: list[float] = []
        patch.setattr(smoke_test, "verify", self._verify)

    def _verify(self, url: str, release: str, *, answers: int, limit: float) -> None:
        self.proved.append((url, release, answers))
        self.limits.append(limit)
        self.smoke_test()

    def create(self) -> None:
        self.provider.create(self.props)

    def update(self) -> None:
        self.provider.update("id", self.previous, self.props)

    @property
    def routes(self) -> list[list[str]]:
        """The targets the proxy was given, one list for each time it was told."""
        return [
            [each.removeprefix("--target=") for each in command if each.startswith("--target=")]
            for command in self.deploys
        ]

    @property
    def deploys(self) -> list[list[str]]:
        return [command for command in self.proxy.commands if "deploy" in command]


def refuse() -> None:
    raise StepFailed("The new release does not answer.")
