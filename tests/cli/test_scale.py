"""Another number of api containers, before anything is changed."""

from typing import Any

import pytest

from cli import scale
from cli.stack import Stack
from infra.errors import UserError


class Deployed(Stack):
    """A stack of two replicas, whose every command is written down."""

    def outputs(self) -> dict[str, Any]:
        return {"containers": ["tasks-api-1", "tasks-api-2"]}

    def setting(self, key: str) -> str:
        return {"replicas": "2"}[key]

    def pulumi(self, *words: str, typed: str = "") -> str:
        raise AssertionError(f"nothing is changed, and pulumi {words} would")


def test_more_replicas_than_postgres_has_connections_for_are_refused_with_the_way() -> None:
    with pytest.raises(UserError, match="N=13 needs 276 connections") as caught:
        scale.scale(Deployed("local"), 13)
    assert "the Postgres that runs allows 100" in str(caught.value)
    assert "pulumi config set replicas 13 --stack local, then make up" in str(caught.value)


def test_connections_that_postgres_kept_from_earlier_replicas_are_enough(
    options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = {"containers": ["tasks-api-1", "tasks-api-2"], "connections": 300}
    monkeypatch.setattr(Deployed, "outputs", lambda _stack: outputs)
    assert scale.scale(Deployed("local"), 13) == 0
    assert options


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options of the deployment that a scale runs, with Redis missing."""
    told: list[str] = []

    def deploy(_stack: Stack, _images: dict[str, str], *words: str) -> int:
        told.extend(words)
        return 0

    def reconcile(_stack: Stack, _state: dict[str, Any]) -> list[dict[str, Any]]:
        return MISSING

    monkeypatch.setattr(scale.up, "deploy", deploy)
    monkeypatch.setattr(scale.engine_inventory, "reconcile", reconcile)
    monkeypatch.setattr(scale.recovery, "resume", lambda _stack: {})
    monkeypatch.setattr(scale.ssh_config, "prepare", lambda _stack: False)
    monkeypatch.setattr(scale, "_prebuilt", lambda _stack: {})
    monkeypatch.setattr(Deployed, "pulumi", lambda *_words, **_more: "")
    return told


REDIS = "urn:pulumi:local::taskmanager::docker:index/container:Container::tasks-redis"
IMAGE = "urn:pulumi:local::taskmanager::docker:index/image:Image::tasks-image"
MISSING = [
    {"urn": REDIS, "type": "docker:index/container:Container"},
    {"urn": IMAGE, "type": "docker:index/image:Image"},
]


def test_a_container_that_is_missing_is_made_by_a_scale_too(options: list[str]) -> None:
    assert scale.scale(Deployed("local"), 3) == 0
    assert REDIS in options
    assert "--target-dependents" in options, "the steps after it run again"
    assert IMAGE not in options, "a scale builds nothing"


def test_a_scale_of_a_whole_deployment_touches_the_api_and_the_switch_alone(
    options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale.engine_inventory, "reconcile", lambda _stack, _state: [])
    assert scale.scale(Deployed("local"), 3) == 0
    assert options == ["--target", "**::*-api-*", "--target", "**::*-switch"]
