"""The resources of stack `local`, from the recorded graph of the whole program."""

import re
import subprocess
import sys

import pytest

from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.program import (
    PROJECT,
    Graph,
    Node,
    run,
    unmarked,
)

TOKENS = {
    "taskmanager:docker:Backup",
    "taskmanager:docker:Datastore",
    "taskmanager:docker:Edge",
    "taskmanager:docker:Image",
    "taskmanager:docker:Images",
    "taskmanager:docker:Network",
    "taskmanager:docker:Release",
    "pulumi-python:dynamic/taskmanager:Ledger",
    "pulumi-python:dynamic/taskmanager:Migration",
    "pulumi-python:dynamic/taskmanager:MigrationCheck",
    "pulumi-python:dynamic/taskmanager:Placeholder",
    "pulumi-python:dynamic/taskmanager:Ready",
    "pulumi-python:dynamic/taskmanager:RepositoryOwner",
    "pulumi-python:dynamic/taskmanager:Script",
    "pulumi-python:dynamic/taskmanager:Switch",
}


def _child(node: Node) -> bool:
    return node.type not in TOKENS or node.type.startswith("pulumi-python:")


# Names and parents


def test_every_resource_but_the_provider_belongs_to_a_component(graph: Graph) -> None:
    components = {node.urn for node in graph.nodes if not _child(node)}
    astray = [
        node.name
        for node in graph.nodes
        if _child(node) and not node.type.startswith("pulumi:") and node.parent not in components
    ]
    assert astray == [], "a child without its component is lost in `pulumi stack` and in aliases"


def test_every_name_on_the_host_starts_with_the_deployments_name() -> None:
    other = run(config={"name": "blue"}, engine=FakeEngine(port_holder="blue-proxy"))
    children = [node for node in other.nodes if not node.type.startswith("pulumi:")]
    assert [n.name for n in children if not re.match(r"blue(-|$)", n.name)] == [], (
        "two deployments on one host would collide"
    )
    given = [
        str(node.inputs["name"])
        for node in children
        if node.type.startswith("docker:")
        and "name" in node.inputs
        and "remoteImage" not in node.type
    ]
    assert [name for name in given if not re.match(r"blue(-|$)", name)] == [], (
        "the name on the host counts, not only the one in the state"
    )
    assert PROJECT not in unmarked([n.inputs.get("name", "") for n in other.containers]), (
        "a name that ignores `name` collides with the deployment that has the default"
    )


def test_no_two_resources_of_a_type_share_a_name(graph: Graph) -> None:
    urns = [node.urn for node in graph.nodes]
    assert len(urns) == len(set(urns)), "the real engine refuses a URN that is there twice"


def test_the_type_tokens_are_the_listed_ones(graph: Graph) -> None:
    ours = {node.type for node in graph.nodes if "taskmanager" in node.type}
    assert ours == TOKENS, (
        "a token is an address in every state file: a change needs an alias, then a change here"
    )


def test_everything_on_the_host_goes_through_the_targets_provider(graph: Graph) -> None:
    used = {node.provider.split("::")[-2] for node in graph.nodes if node.type.startswith("docker")}
    assert used == {"local"}, "the default provider talks to whatever DOCKER_HOST says"


# Images


def test_the_release_that_is_waited_for_is_the_one_that_is_started(graph: Graph) -> None:
    told = {node.envs["RELEASE"] for node in graph.api}
    assert told == {graph.named("taskmanager-switch").inputs["release"]}, "or it fails"


# Replicas


@pytest.mark.parametrize("replicas", [1, 2, 5, 16])
def test_each_replica_is_a_container_and_a_target_of_the_proxy(replicas: int) -> None:
    other = run(config={"replicas": str(replicas)})
    names = [f"{node.name}-0a1b2c3" for node in other.api]
    assert len(names) == replicas
    assert sorted(other.named("taskmanager-switch").inputs["targets"]) == sorted(names), (
        "a container that is no target serves nothing"
    )
    assert sorted(other.exports["containers"]) == sorted(names)


# The engine


def test_local_never_loads_the_aws_provider() -> None:
    # In a process of its own: another test may have loaded it into this one.
    program = (
        "import sys; from testkit.recorded.program import run; assert run().containers; "
        "AWS = ('pulumi_aws', 'infra.targets.ec2'); "
        "print([name for name in sys.modules if name.startswith(AWS)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]", "it costs a second in every run of a stack without AWS"


def test_docker_host_decides_which_engine_is_used_everywhere() -> None:
    address = "unix:///run/user/1000/docker.sock"
    other = run(environment={"DOCKER_HOST": address})
    assert other.named("local", "providers:docker").inputs["host"] == address
    jobs = [node for node in other.nodes if node.type.startswith("pulumi-python:")]
    assert {node.inputs["endpoint"] for node in jobs} == {address}, "a job asks another engine"
    assert set(other.engine.addresses) == {address}


def test_a_preview_writes_nothing() -> None:
    assert run(preview=True).engine.written == []
    assert run().engine.written == ["taskmanager-write-check"], "a run does check the store"


def test_two_runs_ask_for_the_same() -> None:
    first, second = run(), run()
    assert {n.urn: n.marked for n in first.nodes} == {n.urn: n.marked for n in second.nodes}, (
        "whatever differs is an update in every run"
    )
