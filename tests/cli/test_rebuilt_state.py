"""A state rebuilt from a preview and from the parts on Docker Engine."""

import json
from typing import Any

import pytest

from cli.adoption.running import FILES, Running
from cli.adoption.state import SECRET, UNKNOWN, rebuilt
from cli.resource_types import CONTAINER, NETWORK, VOLUME
from testkit.recorded.program import Graph, run
from tests.cli.adoptable import EDGE, FAILED, IMAGE, PROVIDER_URN, RELEASE, SERVING, preview


def by_name(resources: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [resource] = [
        resource
        for resource in resources
        if resource["urn"].endswith(f"::{name}") and not resource.get("delete")
    ]
    return resource


def test_the_state_has_what_runs_and_what_that_belongs_to(found: Running) -> None:
    kinds = [resource["type"] for resource in rebuilt(preview(), found)]
    frame = ["pulumi:pulumi:Stack", "pulumi:providers:docker", EDGE, RELEASE]
    assert kinds == [*frame, NETWORK, VOLUME, CONTAINER, CONTAINER], (
        "a step runs when the next deployment makes it, and an absent volume is made"
    )


def test_a_container_has_the_settings_that_it_runs_with(found: Running) -> None:
    api = by_name(rebuilt(preview(), found), "taskmanager-api-1")
    assert (api["id"], api["inputs"]["name"]) == (f"id-of-{SERVING}", SERVING)
    assert api["inputs"]["image"] == IMAGE, "another one is a change that the next `up` makes"
    assert api["inputs"]["command"] == ["serve"]
    assert api["inputs"]["envs"] == ["RELEASE=sha256:old"], "without those of its image"
    folder = {"label": "org.taskmanager.folder", "value": "/the/first"}
    assert api["inputs"]["labels"] == [folder]
    assert api["inputs"]["memory"] == 512, "as the program says: a refresh reads the real one"
    assert api["outputs"].keys() >= {"image", "memory", "attach", "id"}
    assert "__defaults" not in api["outputs"]


def test_a_file_of_a_container_is_a_secret_of_the_state(found: Running) -> None:
    api = by_name(rebuilt(preview(), found), "taskmanager-api-1")
    for part in ("inputs", "outputs"):
        secret = api[part]["uploads"]
        assert secret.items() >= SECRET.items()
        files = json.loads(secret["plaintext"])
        assert files == [{"file": "/run/secrets/secret_key", "content": "the-key"}]


def test_all_resources_have_one_provider_and_need_only_what_the_state_has(found: Running) -> None:
    resources = rebuilt(preview(), found)
    provider = by_name(resources, "local")
    network = by_name(resources, "taskmanager-network")
    api = by_name(resources, "taskmanager-api-1")
    assert api["provider"] == network["provider"] == f"{PROVIDER_URN}::{provider['id']}"
    assert UNKNOWN not in json.dumps(resources)
    assert api["dependencies"] == [network["urn"]]
    assert api["propertyDependencies"] == {"image": [], "name": []}


def test_a_container_that_gets_no_requests_is_removed_by_the_next_deployment(
    found: Running,
) -> None:
    [left] = [each for each in rebuilt(preview(), found) if each.get("delete")]
    assert left["id"] == f"id-of-{FAILED}"


def test_the_stack_says_what_serves(found: Running) -> None:
    root = rebuilt(preview(), found)[0]
    assert root["outputs"]["containers"] == [SERVING]
    assert root["outputs"]["url"] == "http://[::1]:8123"


def test_the_connections_of_postgres_are_those_that_it_was_started_with(found: Running) -> None:
    assert rebuilt(preview(), found)[0]["outputs"]["connections"] == 100
    postgres = found.containers["taskmanager-postgres"]
    postgres.attrs["Config"]["Cmd"] = ["postgres", "--max_connections=300"]
    assert rebuilt(preview(), found)[0]["outputs"]["connections"] == 300


def test_the_files_that_are_read_are_those_that_the_program_writes(graph: Graph) -> None:
    for node in graph.containers:
        part = next((part for part in FILES if f"-{part}" in node.name), "")
        written = {upload["file"] for upload in node.inputs.get("uploads", [])}
        assert written == set(FILES.get(part, ())), node.name


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run()
