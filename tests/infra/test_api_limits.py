"""The limits of api containers, and of the requests to them, by configuration."""

from collections.abc import Mapping

import pulumi
import pytest

from infra.names import CPU_QUOTA
from infra.steps.containers import NO_QUOTA, lift_quota
from testkit.recorded.docker_engine import FakeContainer
from testkit.recorded.program import Graph, run
from testkit.recorded.recorder import Node


def options(graph: Graph) -> list[str]:
    """The arguments of a release for `kamal-proxy deploy`."""
    return graph.named("taskmanager-switch").inputs["options"]


def labels(node: Node) -> Mapping[str, str]:
    """The labels of a container."""
    return {label["label"]: label["value"] for label in node.inputs["labels"]}


def test_memory_is_that_of_each_api_container_and_of_no_other(graph: Graph) -> None:
    other = run(config={"memory": "2048"})
    assert {node.inputs["memory"] for node in graph.api} == {512}
    assert {node.inputs["memory"] for node in other.api} == {2048}
    assert {node.inputs["memorySwap"] for node in other.api} == {2048}, "or it may swap as much"
    for node in other.containers:
        if node not in other.api:
            assert node.inputs == graph.named(node.name).inputs


def test_other_memory_is_a_release_and_no_change_under_the_feet_of_what_serves(
    graph: Graph,
) -> None:
    assert all("memory" in node.request.replaceOnChanges for node in graph.api)


def test_a_limit_of_processors_takes_the_place_of_the_quota_of_a_start() -> None:
    other = run(config={"cpus": "0.5"})
    for node in other.api:
        container = FakeContainer(node.name, settings={"labels": labels(node)})
        lift_quota(container)
        assert container.settings["cpu_quota"] == node.inputs["cpuPeriod"] / 2


def test_without_a_limit_a_container_may_use_every_processor(graph: Graph) -> None:
    for node in graph.api:
        assert CPU_QUOTA not in labels(node), "another label would replace every container"
        container = FakeContainer(node.name, settings={"labels": labels(node)})
        lift_quota(container)
        assert container.settings["cpu_quota"] == NO_QUOTA


def test_the_proxy_waits_and_counts_as_the_settings_say(graph: Graph) -> None:
    limits = {"requestTimeout": "120", "drainTimeout": "120", "maxBodySize": "5"}
    assert set(options(run(config=limits))) - set(options(graph)) == {
        "--drain-timeout=120s",
        "--target-timeout=120s",
        "--buffer-requests",
        f"--max-request-body={5 * 1024 * 1024}",
    }


def test_the_defaults_add_no_argument_that_would_switch_every_stack_again(graph: Graph) -> None:
    for option in ("--target-timeout", "--buffer-requests", "--max-request-body"):
        assert not any(given.startswith(option) for given in options(graph))


def test_a_request_that_every_release_would_cut_is_refused_with_the_fix() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(config={"requestTimeout": "120", "drainTimeout": "60"})
    assert str(caught.value) == (
        'taskmanager:requestTimeout is "120"; accepted: at most 60, as drainTimeout is 60 and a '
        "release would cut longer requests. Fix: pulumi config set taskmanager:drainTimeout 120"
    )


def test_a_short_drain_alone_is_accepted_as_it_always_was() -> None:
    assert "--drain-timeout=10s" in options(run(config={"drainTimeout": "10"}))
