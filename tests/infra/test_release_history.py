"""The line that a release leaves behind, and the images that stay to go back to."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import dill
import pytest
from docker.errors import APIError, ImageNotFound
from pulumi.dynamic import ResourceProvider

from infra.steps import containers, release_history
from testkit.recorded.program import run

Props = dict[str, Any]


class FakeHost:
    """An engine with images and one volume; what is written is there to be read."""

    def __init__(self) -> None:
        self.containers = self.volumes = self.images = self
        self.tags: dict[str, str] = {}
        self.removed: list[str] = []
        self.files: dict[str, str] = {}
        self.holders = 0
        self.in_use = ""

    @contextmanager
    def connect(self, _address: str) -> Iterator[Any]:
        yield self

    def create(self, *_: Any, **settings: Any) -> Any:
        self.holders += "volumes" in settings
        return self

    def get(self, name: str) -> Any:
        if name.endswith("-ledger"):
            raise daemon_not_found(name)
        host, image_id = self, self.tags.get(name, name)
        if image_id in self.removed:
            raise ImageNotFound(name)

        class Image:
            tags = [tag for tag, of in host.tags.items() if of == image_id]

            def tag(self, repository: str, tag: str) -> None:
                host.tags[f"{repository}:{tag}"] = image_id

        return Image()

    def remove(self, name: str = "", *, force: bool = False) -> None:
        if force:
            self.holders -= 1
            return
        image_id = self.tags.get(name, name)
        if image_id == self.in_use:
            raise APIError("409: a container runs it")
        if name.startswith("sha256:"):
            # By id Docker Engine takes the only tag along, whoever gave it.
            self.tags = {tag: of for tag, of in self.tags.items() if of != name}
        elif self.tags.pop(name, None) is None and "@" not in name:
            raise ImageNotFound(name)
        if image_id not in self.tags.values():
            self.removed.append(image_id)

    def put_archive(self, path: str, data: bytes) -> None:
        self.files[str(len(self.files))] = base64.b64encode(data).decode()

    def get_archive(self, _path: str) -> tuple[list[bytes], None]:
        return [joined([base64.b64decode(each) for each in self.files.values()])], None


def daemon_not_found(name: str) -> Exception:
    return release_history.NotFound(name)


def joined(archives: list[bytes]) -> bytes:
    import io
    import tarfile

    files: dict[str, str] = {}
    for data in archives:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            files |= {m.name: archive.extractfile(m).read().decode() for m in archive}  # type: ignore[union-attr]
    return containers.archive({"/releases/half.json": "{", **files})


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    host = FakeHost()
    monkeypatch.setattr(containers, "connect", host.connect)
    return host


@pytest.fixture(scope="module")
def history() -> tuple[ResourceProvider, Props]:
    node = run().named("taskmanager-ledger")
    props = {**node.inputs, "schema": "0002"}
    return dill.loads(base64.b64decode(props.pop("__provider"))), props  # noqa: S301 - our own


def named(number: int) -> str:
    return f"sha256:{str(number).ljust(64, '0')}"


def release(history: tuple[ResourceProvider, Props], number: int, **more: Any) -> list[Props]:
    provider, props = history
    digest = named(number)
    given = {**props, "release": digest, "image": digest, "keep": 2, **more}
    return provider.update("id", props, given).outs["releases"]  # type: ignore[index]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases are a second apart, as they are to the ledger."""
    from datetime import datetime, timedelta

    class Clock(datetime):
        passed = 0

        @classmethod
        def now(cls, tz: Any = None) -> "datetime":
            cls.passed += 1
            return datetime(2026, 11, 23, tzinfo=tz) + timedelta(seconds=cls.passed)

    monkeypatch.setattr(release_history, "datetime", Clock)


pytestmark = pytest.mark.usefixtures("clock")


def test_a_release_is_added_to_those_before_and_the_newest_comes_first(
    history: tuple[ResourceProvider, Props], host: FakeHost
) -> None:
    release(history, 1)
    entries = release(history, 2)
    assert [int(each["release"][7]) for each in entries] == [2, 1]
    assert entries[0]["schema"] == "0002"
    assert host.holders == 0, "what lends its mount is removed"
    assert json.dumps(entries), "it goes into the state"


def test_the_newest_images_get_a_tag_that_keeps_them_and_older_ones_are_let_go(
    history: tuple[ResourceProvider, Props], host: FakeHost
) -> None:
    for number in (1, 2, 3):
        entries = release(history, number)
    assert sorted(host.tags.values()) == [named(n) for n in (2, 3)]
    assert named(1) in host.removed
    assert [each["kept"] for each in entries] == [True, True, False]


def test_an_image_that_another_stack_keeps_stays(
    history: tuple[ResourceProvider, Props], host: FakeHost
) -> None:
    host.tags["ghcr.io/owner/task-manager-api:other-1"] = named(1)
    for number in (1, 2, 3):
        release(history, number)
    assert named(1) not in host.removed
    assert named(1) in host.tags.values(), "the other stack's only tag"
    assert sorted(host.tags.values()) == [named(n) for n in (1, 2, 3)], "our own tag is gone"


def test_an_image_that_was_pulled_is_given_up_with_the_last_tag_alone(
    history: tuple[ResourceProvider, Props], host: FakeHost
) -> None:
    pulled = "ghcr.io/owner/task-manager-api@" + named(1)
    host.tags["elsewhere:kept"] = pulled
    for number in (1, 2, 3):
        given = {"image": pulled} if number == 1 else {}
        release(history, number, **given)
    assert pulled not in host.removed


def test_an_image_that_somebody_removed_is_not_said_to_be_kept(
    history: tuple[ResourceProvider, Props], host: FakeHost
) -> None:
    release(history, 1)
    host.tags, host.removed = {}, [named(1)]
    entries = release(history, 2)
    assert [entry["kept"] for entry in entries] == [True, False]


def test_releases_are_in_the_order_of_the_history_whatever_the_clocks_say(
    history: tuple[ResourceProvider, Props], host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(history, 1)
    release(history, 2)
    ahead = release_history.datetime

    class TwoDaysAhead(ahead):  # type: ignore[valid-type, misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz) + timedelta(days=2)

    monkeypatch.setattr(release_history, "datetime", TwoDaysAhead)
    release(history, 3)
    monkeypatch.setattr(release_history, "datetime", ahead)
    entries = release(history, 4)
    assert [int(entry["release"][7]) for entry in entries] == [4, 3, 2, 1]
    assert [entry["number"] for entry in entries] == [4, 3, 2, 1]


def test_entries_from_before_the_numbers_are_older_than_all_with_one(
    history: tuple[ResourceProvider, Props], host: FakeHost
) -> None:
    old = {"release": named(8), "image": named(8), "schema": None, "commit": None}
    old |= {"dirty": False, "at": "2036-01-01T00:00:00Z", "who": "ada"}
    file = {"/releases/2036-01-01T000000Z-8.json": json.dumps(old)}
    host.put_archive("/", containers.archive(file))
    entries = release(history, 1)
    assert [int(entry["release"][7]) for entry in entries] == [1, 8]


def test_going_back_makes_an_old_release_new_again_and_knows_its_commit(
    history: tuple[ResourceProvider, Props], host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_history, "_git", lambda *words: "c0ffee" if "HEAD" in words else "")
    for number in (1, 2):
        release(history, number)
    monkeypatch.setattr(release_history, "_git", lambda *_: "another commit")
    entries = release(history, 1, built=False)
    assert [int(each["release"][7]) for each in entries] == [1, 2, 1]
    assert entries[0]["commit"] == "c0ffee", "not what is checked out now"
    assert all(each["kept"] for each in entries)


def test_an_image_that_a_container_runs_does_not_fail_the_release(
    history: tuple[ResourceProvider, Props], host: FakeHost
) -> None:
    host.in_use = named(1)
    for number in (1, 2, 3):
        release(history, number)
    assert host.in_use not in host.removed


def test_only_another_release_or_another_machine_is_written_down(
    history: tuple[ResourceProvider, Props],
) -> None:
    provider, props = history
    changed = {k for k in props if provider.diff("id", props, {**props, k: "other"}).changes}
    assert changed == {"release", "endpoint", "mark"}, "a second `up` changes nothing"
