"""The line that a release leaves behind in the history."""

import json
from datetime import timedelta
from typing import Any

import pytest
from pulumi.dynamic import ResourceProvider

from infra import git
from infra.steps import containers, release_history
from tests.infra.history_host import HistoryHost, Props, named, release

pytestmark = pytest.mark.usefixtures("a_second_apart")


def test_a_release_is_added_to_those_before_and_the_newest_comes_first(
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    release(history, 1)
    entries = release(history, 2)
    assert [int(each["release"][7]) for each in entries] == [2, 1]
    assert entries[0]["schema"] == "0002"
    assert history_host.holders == 0, "what lends its mount is removed"
    assert json.dumps(entries), "it goes into the state"


def test_releases_are_in_the_order_of_the_history_whatever_the_clocks_say(
    history: tuple[ResourceProvider, Props],
    history_host: HistoryHost,
    monkeypatch: pytest.MonkeyPatch,
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
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    old = {"release": named(8), "image": named(8), "schema": None, "commit": None}
    old |= {"dirty": False, "at": "2036-01-01T00:00:00Z", "who": "ada"}
    file = {"/releases/2036-01-01T000000Z-8.json": json.dumps(old)}
    history_host.put_archive("/", containers.archive(file))
    entries = release(history, 1)
    assert [int(entry["release"][7]) for entry in entries] == [1, 8]


def test_going_back_makes_an_old_release_new_again_and_knows_its_commit(
    history: tuple[ResourceProvider, Props],
    history_host: HistoryHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(git, "output", lambda _, *words: "c0ffee" if "HEAD" in words else "")
    for number in (1, 2):
        release(history, number)
    monkeypatch.setattr(git, "output", lambda *_: "another commit")
    entries = release(history, 1, built=False)
    assert [int(each["release"][7]) for each in entries] == [1, 2, 1]
    assert entries[0]["commit"] == "c0ffee", "not what is checked out now"
    assert all(each["kept"] for each in entries)


def test_only_another_release_or_another_machine_is_written_down(
    history: tuple[ResourceProvider, Props],
) -> None:
    provider, props = history
    changed = {k for k in props if provider.diff("id", props, {**props, k: "other"}).changes}
    assert changed == {"release", "endpoint", "mark"}, "a second `up` changes nothing"


def test_only_a_release_that_was_built_clears_what_its_builds_left(
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    release(history, 1, built=False)
    assert history_host.cleared == []
    release(history, 2)
    assert history_host.cleared == [history[1]["repository"]]
