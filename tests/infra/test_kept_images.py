"""The images of earlier releases that stay to go back to."""

import pytest
from pulumi.dynamic import ResourceProvider

from tests.infra.history_host import HistoryHost, Props, named, release

pytestmark = pytest.mark.usefixtures("a_second_apart")


def test_the_newest_images_get_a_tag_that_keeps_them_and_older_ones_are_let_go(
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    for number in (1, 2, 3):
        entries = release(history, number)
    assert sorted(history_host.tags.values()) == [named(n) for n in (2, 3)]
    assert named(1) in history_host.removed
    assert [each["kept"] for each in entries] == [True, True, False]


def test_an_image_that_another_stack_keeps_stays(
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    history_host.tags["ghcr.io/owner/task-manager-api:other-1"] = named(1)
    for number in (1, 2, 3):
        release(history, number)
    assert named(1) not in history_host.removed
    assert named(1) in history_host.tags.values(), "the other stack's only tag"
    assert sorted(history_host.tags.values()) == [named(n) for n in (1, 2, 3)], (
        "our own tag is gone"
    )


def test_an_image_that_was_pulled_is_given_up_with_the_last_tag_alone(
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    pulled = "ghcr.io/owner/task-manager-api@" + named(1)
    history_host.tags["elsewhere:kept"] = pulled
    for number in (1, 2, 3):
        given = {"image": pulled} if number == 1 else {}
        release(history, number, **given)
    assert pulled not in history_host.removed


def test_an_image_that_was_removed_by_hand_is_not_said_to_be_kept(
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    release(history, 1)
    history_host.tags, history_host.removed = {}, [named(1)]
    entries = release(history, 2)
    assert [entry["kept"] for entry in entries] == [True, False]


def test_an_image_that_a_container_runs_does_not_fail_the_release(
    history: tuple[ResourceProvider, Props], history_host: HistoryHost
) -> None:
    history_host.in_use = named(1)
    for number in (1, 2, 3):
        release(history, number)
    assert history_host.in_use not in history_host.removed
