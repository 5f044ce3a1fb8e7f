"""The state against Docker Engine: a part that is missing leaves the state."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from cli import engine_inventory
from cli.resource_types import BUILT, CONTAINER, NETWORK, PULLED, VOLUME
from infra.errors import UserError
from tests.cli.inventory import API, REDIS, Engine, Kept, Thing, left, resource, whole


def test_a_state_that_is_true_is_left_alone(stack: Kept, engine: Engine) -> None:
    engine_inventory.reconcile(stack, stack.state())
    assert not stack.written
    assert not any(thing.did for thing in engine.things.values())


def test_a_container_that_was_removed_by_hand_leaves_the_state(
    stack: Kept, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine.things["c-redis"]
    engine_inventory.reconcile(stack, stack.state())
    assert REDIS not in {each["urn"] for each in left(stack)}
    for each in left(stack):
        assert REDIS not in each.get("dependencies", [])
    assert "Container taskmanager-redis" in capsys.readouterr().out


def test_resources_that_depended_on_a_missing_one_keep_their_other_dependencies(
    stack: Kept, engine: Engine
) -> None:
    del engine.things["c-api"]
    engine_inventory.reconcile(stack, stack.state())
    switch = next(each for each in left(stack) if each["type"].endswith(":Switch"))
    assert switch["dependencies"] == [REDIS]
    assert switch["propertyDependencies"] == {"targets": [], "service": []}


@pytest.mark.parametrize(
    ("kind", "take"),
    [
        (NETWORK, lambda engine: engine.nets.pop(0)),
        (VOLUME, lambda engine: engine.vols.clear()),
        (PULLED, lambda engine: engine.has_images.remove("sha256:redis")),
        (BUILT, lambda engine: engine.has_images.remove("sha256:built")),
    ],
)
def test_so_does_anything_else_that_was_removed(
    stack: Kept, engine: Engine, kind: str, take: Any
) -> None:
    take(engine)
    engine_inventory.reconcile(stack, stack.state())
    assert len(left(stack)) == len(whole()) - 1
    assert kind not in {each["type"] for each in left(stack)}


def test_a_replaced_one_that_was_removed_keeps_its_successor(stack: Kept, engine: Engine) -> None:
    old = {**resource(CONTAINER, "taskmanager-redis", "c-old"), "delete": True}
    stack.kept["deployment"]["resources"].append(old)
    engine_inventory.reconcile(stack, stack.state())
    assert [each["id"] for each in left(stack) if each["urn"] == REDIS] == ["c-redis"]
    assert any(REDIS in each.get("dependencies", []) for each in left(stack))


def test_a_preview_names_what_is_missing_and_changes_nothing(
    stack: Kept, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine.things["c-redis"]
    engine.things["c-proxy"].status = "exited"
    engine_inventory.announce(stack)
    assert "Missing on Docker Engine: Container taskmanager-redis." in capsys.readouterr().out
    assert not stack.written
    assert not engine.things["c-proxy"].did


@pytest.mark.parametrize(("status", "done"), [("exited", "start"), ("paused", "unpause")])
def test_a_part_that_was_stopped_by_hand_runs_again(
    stack: Kept, engine: Engine, status: str, done: str
) -> None:
    for identity in ("c-redis", "c-api"):
        engine.things[identity].status = status
    engine_inventory.reconcile(stack, stack.state())
    assert [engine.things[identity].did for identity in ("c-redis", "c-api")] == [[done], [done]]
    assert not stack.written


def test_containers_of_a_failed_release_stay_stopped(stack: Kept, engine: Engine) -> None:
    engine.things["c-new"] = Thing("c-new", "taskmanager-api-1-5d6e7f8", "exited")
    new = {**resource(CONTAINER, "taskmanager-api-1-5d6e7f8", "c-new"), "urn": API}
    stack.kept["deployment"]["resources"].append(new)
    engine_inventory.reconcile(stack, stack.state())
    assert not engine.things["c-new"].did


def test_a_part_that_does_not_start_is_named_with_the_reason(stack: Kept, engine: Engine) -> None:
    engine.things["c-proxy"].status = "exited"
    engine.things["c-proxy"].problem = "port is already allocated"
    with pytest.raises(UserError, match="port is already allocated") as told:
        engine_inventory.reconcile(stack, stack.state())
    assert "docker rm taskmanager-proxy" in str(told.value)


@pytest.fixture
def on_aws(stack: Kept, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """The same deployment on a host that is reached by ssh."""

    @contextmanager
    def attached(_stack: object) -> Iterator[Any]:
        yield SimpleNamespace(client=engine)

    def setting(_self: Kept, key: str) -> str:
        return {"target": "ec2", "name": "taskmanager"}[key]

    monkeypatch.setattr(engine_inventory, "attached", attached)
    monkeypatch.setattr(Kept, "setting", setting)
    stack.kept["deployment"]["resources"][0]["outputs"]["endpoint"] = "ssh://ada@host"
    return stack


def test_a_container_that_was_removed_on_a_host_on_aws_leaves_the_state(
    on_aws: Kept, engine: Engine
) -> None:
    del engine.things["c-redis"]
    gone = engine_inventory.reconcile(on_aws, on_aws.state())
    assert [each["urn"] for each in gone] == [REDIS]
    assert REDIS not in {each["urn"] for each in left(on_aws)}


def test_an_image_that_was_built_elsewhere_is_not_missed_on_a_host_on_aws(
    on_aws: Kept, engine: Engine
) -> None:
    engine.has_images.remove("sha256:built")
    assert engine_inventory.reconcile(on_aws, on_aws.state()) == []


def test_a_preview_goes_on_where_a_host_on_aws_does_not_answer(
    on_aws: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_stack: object) -> Any:
        raise UserError("ssh://ada@host cannot be reached: timed out\n  Fix: …")

    monkeypatch.setattr(engine_inventory, "attached", refuse)
    engine_inventory.announce(on_aws)
    assert "ssh://ada@host cannot be reached: timed out" in capsys.readouterr().out


def test_nothing_is_missed_before_the_host_on_aws_is_made(on_aws: Kept) -> None:
    on_aws.kept["deployment"]["resources"] = []
    assert engine_inventory.reconcile(on_aws, on_aws.state()) == []
