"""Mistakes of a person: one clear message, and nothing half-done."""

import socket
from collections.abc import Callable

import pytest

from testkit.deployment import Deployment

MISTAKES = {
    "target": "mars",
    "replicas": "0",
    "port": "70000",
    "replica": "3",
    "image": "ghcr.io/owner/task-manager-api:latest",
}


@pytest.fixture(scope="module")
def planned(deploy: Callable[..., Deployment]) -> Deployment:
    """A deployment that was configured and never brought up."""
    return deploy()


@pytest.mark.parametrize("key", MISTAKES)
def test_a_bad_setting_is_named_with_its_fix_before_anything_exists(
    planned: Deployment, key: str
) -> None:
    before = planned.pulumi("config", "get", key, "--stack", "local")
    planned.configure(key, MISTAKES[key])
    outcome = planned.up()
    if before.status == 0 and key != "image":
        planned.configure(key, before.text.strip())
    else:
        planned.must("config", "rm", key, "--stack", "local")
    # The engine shows an error when it comes and once more at the end.
    diagnostics = outcome.text.rpartition("Diagnostics:")[2]
    lines = [line for line in diagnostics.splitlines() if f"taskmanager:{key}" in line]
    assert outcome.status != 0
    assert len(lines) == 1, outcome.text
    assert "pulumi config" in lines[0]
    assert "accepted" in lines[0]
    assert "Traceback" not in outcome.text
    assert not planned.containers()
    assert not planned.client.networks.list(names=[planned.name])


def test_a_port_in_use_is_named_with_its_user(planned: Deployment) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", planned.port))
        other.listen()
        outcome = planned.up()
    assert outcome.status != 0
    assert f"127.0.0.1:{planned.port} is taken by another program" in outcome.text
    assert "pulumi config set taskmanager:port" in outcome.text
    assert "Traceback" not in outcome.text
    assert not planned.containers()


def test_a_stopped_docker_engine_is_named_with_its_address(planned: Deployment) -> None:
    nowhere = f"unix://{planned.folder}/no-engine.sock"
    outcome = planned.up(DOCKER_HOST=nowhere)
    assert outcome.status != 0
    assert f"Docker Engine does not answer at {nowhere}" in outcome.text
    assert "Traceback" not in outcome.text
