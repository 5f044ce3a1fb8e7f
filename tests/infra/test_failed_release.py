"""The switch of a release that fails: the traffic, the containers and the message."""

import pytest

from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import state
from tests.infra.switching import (
    API_1,
    API_2,
    LISTING,
    NEW_ROUTE,
    OLD,
    OLD_ROUTE,
    Switching,
    refuse,
)


def test_a_release_that_fails_is_stopped_and_kept_and_the_message_says_what_serves(
    switch: Switching,
) -> None:
    switch.proxy.answer = lambda command: (
        (0, LISTING.format(targets=",".join(OLD_ROUTE)).encode()) if "list" in command else (0, b"")
    )
    switch.new[1].states = [state("starting", "restarting", exit_code=1)]
    with pytest.raises(StepFailed) as caught:
        switch.update()
    for container in switch.new:
        assert "stop 5" in container.did, "it restarts for ever, or keeps connections"
        assert not container.removed, "a person wants to look at it"
    text = str(caught.value)
    assert f"kept with the log: {API_1}, {API_2}" in text
    assert f"traffic is on {OLD['targets'][0]}, {OLD['targets'][1]}" in text
    assert "Migrations that ran stay in the schema" in text


def test_a_container_that_serves_is_never_stopped(switch: Switching) -> None:
    # The way back failed: the release that is broken has the traffic.
    switch.proxy.answer = lambda command: (
        (0, LISTING.format(targets=",".join(NEW_ROUTE)).encode()) if "list" in command else (0, b"")
    )
    switch.smoke_test = refuse
    with pytest.raises(StepFailed) as caught:
        switch.update()
    assert [container.did for container in switch.new] == [[], []]
    assert "kept with the log" not in str(caught.value)


def test_nothing_is_stopped_while_the_proxy_does_not_say_which_containers_serve(
    switch: Switching,
) -> None:
    switch.new[1].states = [state("starting", "restarting", exit_code=1)]
    switch.proxy.answer = lambda _: (1, b"cannot connect")
    with pytest.raises(StepFailed, match="does not say which containers serve"):
        switch.update()
    assert [container.did for container in switch.new] == [[], []]


def test_a_release_that_fails_in_public_loses_the_traffic_and_fails_the_deployment(
    switch: Switching,
) -> None:
    switch.smoke_test = refuse
    with pytest.raises(StepFailed, match="does not answer") as caught:
        switch.update()
    assert switch.routes == [NEW_ROUTE, OLD_ROUTE]
    assert "The traffic is back on the previous release" in str(caught.value)


def test_a_way_back_that_fails_too_is_told_with_the_first_reason(switch: Switching) -> None:
    switch.smoke_test = refuse
    switch.proxy.answer = lambda command: (
        (1, b"old ones are gone") if f"--target={OLD_ROUTE[0]}" in command else (0, b"")
    )
    with pytest.raises(StepFailed, match="does not answer") as caught:
        switch.update()
    assert "old ones are gone" in str(caught.value)
    assert "traffic is back" not in str(caught.value)
