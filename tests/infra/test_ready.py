"""The wait between two containers of a release, against a Docker Engine in memory."""

from typing import Any

import pytest
from pulumi.dynamic import ResourceProvider

from infra.steps.failure import StepFailed
from infra.steps.health import POLL_SECONDS
from testkit.recorded.docker_engine import FakeContainer, FakeEngine, state
from testkit.recorded.program import Graph, run
from testkit.recorded.steps import changed_by, step
from tests.infra.conftest import Clock

NAME = "taskmanager-api-1-0a1b2c3"


@pytest.fixture
def ready(graph: Graph) -> tuple[ResourceProvider, dict[str, Any]]:
    return step(graph, "Ready")


def test_the_next_container_starts_as_soon_as_one_is_healthy(
    ready: tuple[ResourceProvider, dict[str, Any]], engine: FakeEngine, clock: Clock
) -> None:
    provider, props = ready
    engine.known[NAME] = FakeContainer(NAME, states=[state("starting")] * 4 + [state()])
    provider.create(props)
    assert sum(clock.slept) <= 4 * POLL_SECONDS, "the switch sees to the rest"
    assert engine.known[NAME].settings == {}, "it is held back until the switch"


def test_no_further_container_starts_after_one_that_died(
    ready: tuple[ResourceProvider, dict[str, Any]], engine: FakeEngine
) -> None:
    provider, props = ready
    died = state("starting", "exited", exit_code=1)
    engine.known[NAME] = FakeContainer(NAME, states=[died], log="KeyError: 'colour'")
    with pytest.raises(StepFailed, match="KeyError: 'colour'"):
        provider.update("id", props, props)


def test_one_that_serves_again_after_a_restart_is_no_reason_not_to_add_another(
    ready: tuple[ResourceProvider, dict[str, Any]], engine: FakeEngine, clock: Clock
) -> None:
    provider, props = ready
    engine.known[NAME] = FakeContainer(NAME, states=[state(restarts=3)])
    provider.create(props)
    assert clock.slept == []
    assert engine.known[NAME].settings == {}, "it keeps what it has of the processor"


def test_only_another_container_is_waited_for(
    ready: tuple[ResourceProvider, dict[str, Any]],
) -> None:
    assert changed_by(*ready) == {"container"}


@pytest.mark.parametrize("replicas", [1, 2, 4])
def test_containers_start_one_after_the_other(replicas: int) -> None:
    graph = run(config={"replicas": str(replicas)})
    waits = [node.name for node in graph.of("taskmanager:Ready")]
    assert len(waits) == replicas - 1, "the switch waits for the last one"
    for number, node in enumerate(sorted(graph.api, key=lambda node: node.name)):
        assert len(graph.needs(node) & set(waits)) == number
