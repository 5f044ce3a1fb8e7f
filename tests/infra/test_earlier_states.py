"""Stacks that earlier versions deployed: their state names the providers of their steps.

Pulumi's own provider process is started as Pulumi starts it, in infra's folder, and is given the
properties that the code of 2026-11-25 left in a state.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from infra.steps.providers import PROVIDERS
from testkit.recorded.ec2 import deploy
from testkit.recorded.program import INFRA, Graph, run

EARLIER: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "states" / "before_2026_11_26.json").read_text()
)
STEPS = sorted(EARLIER)
UNCHANGED = provider_pb2.DiffResponse.DIFF_NONE


@pytest.fixture(scope="module")
def provider(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Pulumi's process for dynamic providers, with a list of known hosts of its own."""
    words = [sys.executable, "-u", "-m", "pulumi.dynamic"]
    known_hosts = tmp_path_factory.mktemp("ssh") / "known_hosts"
    environment = {**os.environ, "DOCKER_SSH_OPTS": f"-o UserKnownHostsFile={known_hosts}"}
    with subprocess.Popen(
        words, cwd=INFRA, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
        process.terminate()


@pytest.fixture(scope="module")
def graphs() -> list[Graph]:
    return [run(), deploy("dev")]


SINCE = {
    "GrowingSize",
    "MachineImage",
    "MigrationCheck",
    "Placeholder",
    "RepositoryOwner",
    "SettingsCheck",
}
"""Steps that no earlier state has."""
GONE = {"KeyPair", "MachineImage"}
"""Steps that the present program only deletes."""
LEFT_OUT: dict[str, set[str]] = {"HostReady": {"hostKey"}}
"""Properties of an earlier state that nothing needs any more."""
PRESENT = [token for token in STEPS if token not in GONE]


def properties(values: dict[str, Any]) -> Struct:
    """`values` as Pulumi's engine sends them."""
    struct = Struct()
    struct.update(values)
    return struct


def present(graphs: list[Graph], token: str) -> dict[str, Any]:
    """The inputs that the present program gives to a step."""
    nodes = [node for graph in graphs for node in graph.nodes if node.type.endswith(f":{token}")]
    return nodes[0].inputs


def test_every_step_of_an_earlier_state_is_here() -> None:
    assert set(EARLIER) | SINCE == set(PROVIDERS), "another type in the state is another resource"


@pytest.mark.parametrize("token", STEPS)
def test_a_provider_in_an_earlier_state_is_deleted_and_read_by_the_present_code(
    provider: Any, token: str
) -> None:
    state = properties(EARLIER[token])
    provider.Delete(provider_pb2.DeleteRequest(id="id", properties=state))
    read = provider.Read(provider_pb2.ReadRequest(id="id", properties=state))
    assert read.properties == state, "a refresh would report a change"


@pytest.mark.parametrize("token", PRESENT)
def test_the_present_program_changes_no_step_of_an_earlier_state(
    provider: Any, token: str, graphs: list[Graph]
) -> None:
    now = {**EARLIER[token], "__provider": present(graphs, token)["__provider"]}
    assert now["__provider"] != EARLIER[token]["__provider"]
    request = provider_pb2.DiffRequest(
        id="id", olds=properties(EARLIER[token]), news=properties(now)
    )
    assert provider.Diff(request).changes == UNCHANGED


@pytest.mark.parametrize("token", PRESENT)
def test_the_present_program_gives_a_step_the_properties_that_an_earlier_state_has(
    token: str, graphs: list[Graph]
) -> None:
    left_out = LEFT_OUT.get(token, set())
    earlier = {key: value for key, value in EARLIER[token].items() if key not in left_out}
    now = present(graphs, token)
    assert set(earlier) - set(now) == set()
    assert {key: now[key] for key in earlier if key not in ("__provider", "files")} == {
        key: value for key, value in earlier.items() if key not in ("__provider", "files")
    }


@pytest.mark.parametrize("token", PRESENT)
def test_a_state_names_a_step_and_no_class(token: str, graphs: list[Graph]) -> None:
    pickle = base64.b64decode(present(graphs, token)["__provider"])
    assert token.encode() in pickle
    assert b"Provider" not in pickle, "a class could not be renamed any more"
