"""The page that the public port shows before the first release."""

import pytest

from infra.steps import placeholder
from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine
from testkit.recorded.ec2 import deploy
from testkit.recorded.program import Graph
from testkit.recorded.steps import step
from tests.infra.conftest import Clock

HEAD = "Service  Host  Path  Target  State  TLS"


class Starting:
    """A host on which the proxy has just been started."""

    def __init__(self, graph: Graph, engine: FakeEngine) -> None:
        self.provider, self.props = step(graph, "Placeholder")
        self.rows = ""
        self.refusals = 0
        self.proxy = FakeContainer(self.props["proxy"], answer=self._answer)
        self.engine = engine
        engine.known[self.proxy.name] = self.proxy

    def _answer(self, command: list[str]) -> tuple[int, bytes]:
        if self.refusals:
            self.refusals -= 1
            return 1, b"connect: no such file or directory"
        return 0, f"{HEAD}\n{self.rows}".encode() if "list" in command else b""

    @property
    def told(self) -> list[list[str]]:
        return [command for command in self.proxy.commands if "list" not in command]


@pytest.fixture
def starting(graph: Graph, engine: FakeEngine, clock: Clock) -> Starting:
    return Starting(graph, engine)


def test_the_port_says_that_no_release_serves_until_one_does(starting: Starting) -> None:
    starting.provider.create(starting.props)
    deploy, stop = starting.told
    assert deploy[:4] == ["kamal-proxy", "deploy", "taskmanager", "--target=no-release:80"]
    assert "--force" in deploy, "its target is never healthy"
    assert "--health-check-path=/health" not in deploy, "a monitor would see a healthy service"
    assert stop == ["kamal-proxy", "stop", "taskmanager", f"--message={placeholder.MESSAGE}"]


def test_a_proxy_that_has_just_started_is_asked_again(starting: Starting) -> None:
    starting.refusals = 3
    starting.provider.create(starting.props)
    assert len(starting.told) == 2


def test_a_proxy_that_never_answers_fails_the_deployment(starting: Starting) -> None:
    starting.refusals = 10_000
    with pytest.raises(StepFailed, match="does not answer"):
        starting.provider.create(starting.props)


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_release_that_is_there_keeps_its_traffic_or_its_maintenance(
    starting: Starting, state: str
) -> None:
    # The stack was deployed before there was such a page.
    starting.rows = f"taskmanager  *  /  taskmanager-api-1-old:8000  {state}  no"
    starting.engine.known["taskmanager-api-1-old"] = FakeContainer("taskmanager-api-1-old")
    starting.provider.create(starting.props)
    assert starting.told == []


def test_targets_that_are_gone_are_no_release(starting: Starting) -> None:
    # A volume that was kept knows the containers of a deployment that was removed.
    starting.rows = "taskmanager  *  /  taskmanager-api-1-old:8000  running  no"
    starting.provider.create(starting.props)
    assert [command[1] for command in starting.told] == ["deploy", "stop"]


def test_no_step_of_a_release_runs_before_the_page_is_there(graph: Graph) -> None:
    page = graph.named("taskmanager-placeholder")
    for name in ("taskmanager-migration", "taskmanager-switch"):
        assert page.name in graph.needs(graph.named(name)), "it would take the place of a release"


def test_with_a_domain_the_page_is_shown_by_https_at_that_name() -> None:
    options = deploy("prod").named("taskmanager-prod-placeholder").inputs["options"]
    assert options == ["--host=tasks.example.com", "--tls"]
