"""The state against the engine: what is missing leaves it, what another clone has is named."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound

from cli import down, engine_inventory
from cli.engine_inventory import BUILT, CONTAINER, NETWORK, PULLED, VOLUME
from cli.stack import Stack
from infra import project
from infra.errors import UserError
from infra.names import FOLDER, RELEASED_BY

URN = "urn:pulumi:local::taskmanager::{}::{}"
ROOT = "pulumi:pulumi:Stack"


def resource(kind: str, name: str, identity: str, **more: Any) -> dict[str, Any]:
    outputs = {"name": name, **more.pop("outputs", {})}
    return {"urn": URN.format(kind, name), "type": kind, "id": identity, "outputs": outputs, **more}


def urn(kind: str, name: str) -> str:
    return URN.format(kind, name)


API = urn(CONTAINER, "taskmanager-api-1")
REDIS = urn(CONTAINER, "taskmanager-redis")


def whole() -> list[dict[str, Any]]:
    """The resources of a deployment, all of which Engine() has."""
    switch = {
        "urn": urn("pulumi-python:dynamic/taskmanager:Switch", "taskmanager-switch"),
        "type": "pulumi-python:dynamic/taskmanager:Switch",
        "id": "s",
        "outputs": {},
        "dependencies": [API, REDIS],
        "propertyDependencies": {"targets": [API], "service": []},
    }
    api = resource(CONTAINER, "taskmanager-api-1-1a2b3c4", "c-api", dependencies=[REDIS])
    api["urn"] = API
    built = {"repoDigest": "sha256:built"}
    return [
        resource(ROOT, "root", "", outputs={"containers": ["taskmanager-api-1-1a2b3c4"]}),
        resource(NETWORK, "taskmanager", "n-1"),
        resource(VOLUME, "taskmanager-proxy-state", "taskmanager-proxy-state"),
        resource(PULLED, "redis:8-trixie", "x", outputs={"imageId": "sha256:redis"}),
        resource(BUILT, "ghcr.io/o/n:local", "y", outputs=built),
        resource(CONTAINER, "taskmanager-redis", "c-redis"),
        resource(CONTAINER, "taskmanager-proxy", "c-proxy"),
        api,
        switch,
    ]


@dataclass
class Thing:
    """A container, a network or a volume."""

    id: str
    name: str = ""
    status: str = "running"
    labels: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    did: list[str] = field(default_factory=list)

    def _do(self, what: str) -> None:
        if self.problem:
            raise APIError("409", explanation=self.problem)
        self.did.append(what)

    def start(self) -> None:
        self._do("start")

    def unpause(self) -> None:
        self._do("unpause")

    def remove(self) -> None:
        self._do("remove")


class Engine:
    """An engine with what `whole` says."""

    def __init__(self) -> None:
        names = ("taskmanager-redis", "taskmanager-proxy", "taskmanager-api-1-1a2b3c4")
        kinds = ("c-redis", "c-proxy", "c-api")
        self.things = {kind: Thing(kind, name) for kind, name in zip(kinds, names, strict=True)}
        self.nets = [Thing("n-1", "taskmanager"), Thing("n-9", "bridge")]
        self.vols = [Thing("taskmanager-proxy-state", "taskmanager-proxy-state")]
        self.has_images = {"sha256:redis", "sha256:built"}
        self.tags: list[str] = []
        self.containers = SimpleNamespace(list=self._list, get=self.things.__getitem__)
        self.networks = SimpleNamespace(
            list=lambda names=(): [net for net in self.nets if not names or net.name in names]
        )
        self.volumes = SimpleNamespace(list=lambda: self.vols)
        self.images = SimpleNamespace(
            get=self._image,
            list=lambda: [SimpleNamespace(tags=self.tags)],
            remove=lambda tag: self.tags.remove(tag),
        )

    def _list(self, **_filters: Any) -> list[Thing]:
        return list(self.things.values())

    def _image(self, name: str) -> str:
        if name not in self.has_images:
            raise ImageNotFound(name)
        return name


class Kept(Stack):
    """A stack whose state is at hand."""

    kept: dict[str, Any]
    written: list[dict[str, Any]]

    def state(self) -> dict[str, Any]:
        return copy.deepcopy(self.kept)

    def replace_state(self, state: dict[str, Any]) -> None:
        self.written.append(state)

    def setting(self, key: str) -> str:
        settings = {"target": "local", "name": "taskmanager", "port": "8080"}
        return {**settings, "repository": "ghcr.io/o/n"}[key]

    def outputs(self) -> dict[str, Any]:
        return {"containers": ["taskmanager-api-1-1a2b3c4"]}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()

    @contextmanager
    def connected() -> Iterator[Engine]:
        yield made

    monkeypatch.setattr(engine_inventory, "engine", connected)
    return made


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Kept:
    state = {"deployment": {"resources": whole()}}
    monkeypatch.setattr(Kept, "kept", state, raising=False)
    monkeypatch.setattr(Kept, "written", [], raising=False)
    return Kept("local")


def left(stack: Kept) -> list[dict[str, Any]]:
    return stack.written[-1]["deployment"]["resources"]


def test_a_state_that_is_true_is_left_alone(stack: Kept, engine: Engine) -> None:
    engine_inventory.settle(stack, stack.state())
    assert not stack.written
    assert not any(thing.did for thing in engine.things.values())


def test_a_container_that_was_removed_by_hand_leaves_the_state(
    stack: Kept, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine.things["c-redis"]
    engine_inventory.settle(stack, stack.state())
    assert REDIS not in {each["urn"] for each in left(stack)}
    for each in left(stack):
        assert REDIS not in each.get("dependencies", [])
    assert "Container taskmanager-redis" in capsys.readouterr().out


def test_what_depended_on_it_depends_on_the_others_still(stack: Kept, engine: Engine) -> None:
    del engine.things["c-api"]
    engine_inventory.settle(stack, stack.state())
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
    engine_inventory.settle(stack, stack.state())
    assert len(left(stack)) == len(whole()) - 1
    assert kind not in {each["type"] for each in left(stack)}


def test_a_replaced_one_that_was_removed_keeps_its_successor(stack: Kept, engine: Engine) -> None:
    old = {**resource(CONTAINER, "taskmanager-redis", "c-old"), "delete": True}
    stack.kept["deployment"]["resources"].append(old)
    engine_inventory.settle(stack, stack.state())
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
    engine_inventory.settle(stack, stack.state())
    assert [engine.things[identity].did for identity in ("c-redis", "c-api")] == [[done], [done]]
    assert not stack.written


def test_what_a_failed_release_left_stays_stopped(stack: Kept, engine: Engine) -> None:
    engine.things["c-new"] = Thing("c-new", "taskmanager-api-1-5d6e7f8", "exited")
    new = {**resource(CONTAINER, "taskmanager-api-1-5d6e7f8", "c-new"), "urn": API}
    stack.kept["deployment"]["resources"].append(new)
    engine_inventory.settle(stack, stack.state())
    assert not engine.things["c-new"].did


def test_a_part_that_does_not_start_is_named_with_the_reason(stack: Kept, engine: Engine) -> None:
    engine.things["c-proxy"].status = "exited"
    engine.things["c-proxy"].problem = "port is already allocated"
    with pytest.raises(UserError, match="port is already allocated") as told:
        engine_inventory.settle(stack, stack.state())
    assert "docker rm taskmanager-proxy" in str(told.value)


@pytest.fixture
def other(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the clone that made what the engine has."""
    first = tmp_path / "the first"
    (first / ".local" / "state").mkdir(parents=True)
    engine.nets[0] = Thing("n-2", "taskmanager")
    engine.things["c-api"].labels = {FOLDER: str(first), RELEASED_BY: "ada@laptop"}
    monkeypatch.setattr(project, "root", lambda: tmp_path / "second")
    return first


def test_another_clones_deployment_is_named_with_the_ways_out(stack: Kept, other: Path) -> None:
    stack.kept["deployment"]["resources"] = whole()[:1]
    with pytest.raises(UserError) as told:
        engine_inventory.settle(stack, stack.state())
    said = str(told.value)
    assert f"deployed from the folder {other} and by ada@laptop" in said
    assert "pulumi config set taskmanager:name taskmanager-2" in said
    assert "pulumi config set taskmanager:port 8081" in said
    assert f"mv '{other}'/.local/state .local/" in said, "one deployment has one state"
    assert "docker rm --force" in said
    assert not stack.written
    with pytest.raises(UserError, match="Nothing was changed"):
        engine_inventory.announce(stack)


def test_a_folder_that_is_gone_is_no_way_out(stack: Kept, other: Path) -> None:
    (other / ".local" / "state").rmdir()
    with pytest.raises(UserError) as told:
        engine_inventory.settle(stack, stack.state())
    assert "mv" not in str(told.value)
    assert "docker rm --force" in str(told.value)


def test_the_removal_of_this_clones_part_leaves_the_other_its_volumes(
    stack: Kept, engine: Engine, other: Path
) -> None:
    stack.kept["deployment"]["resources"] = whole()[:5]
    found = engine_inventory.settle_for_removal(stack)
    assert found is not None
    assert found.folder == str(other)
    assert [each["type"] for each in left(stack)] == [ROOT], "the network is not this clone's"


def removal(monkeypatch: pytest.MonkeyPatch, stack: Kept) -> int:
    """PURGE=1, with a `pulumi destroy` that succeeds."""
    monkeypatch.setattr(down, "Stack", lambda _name: stack)
    monkeypatch.setattr(down.recovery, "resume", lambda _stack: None)
    monkeypatch.setattr(down.ssh_config, "prepare", lambda _stack: False)
    monkeypatch.setattr(down.operations, "destroy", lambda _stack: 0)
    return down.main("local", purge=True)


def test_a_purge_of_a_second_clone_removes_nothing_of_the_first(
    stack: Kept,
    engine: Engine,
    other: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine.vols.append(Thing("taskmanager-uploads", "taskmanager-uploads"))
    assert removal(monkeypatch, stack) == 0
    assert f"a deployment from the folder {other}" in capsys.readouterr().out
    assert not any(volume.did for volume in engine.vols)


def test_a_purge_removes_the_tags_of_the_stack_and_no_others(
    stack: Kept, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = ["ghcr.io/o/n:taskmanager-2-0123456789ab", "ghcr.io/o/n:dev", "redis:8-trixie"]
    own = ["local", "local-postgres", "taskmanager-0123456789ab", "taskmanager-ba9876543210"]
    engine.tags += [*others, *(f"ghcr.io/o/n:{tag}" for tag in own)]
    assert removal(monkeypatch, stack) == 0
    assert engine.tags == others


def test_a_volume_in_use_is_named_with_the_fix(
    stack: Kept, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "taskmanager-uploads"
    engine.vols.append(Thing(name, name, problem="volume is in use - [c0ffee]"))
    with pytest.raises(UserError, match="volume is in use") as told:
        removal(monkeypatch, stack)
    assert f"docker ps --all --filter volume={name}" in str(told.value)
