"""The switch of the first release, before which the proxy shows a page."""

import pytest

from infra.steps.failure import StepFailed
from tests.infra.switching import LISTING, NEW_ROUTE, OLD_ROUTE, Switching, refuse

FIRST = (0, LISTING.format(targets="no-release:80").replace("running", "stopped").encode())


def _before_the_first_release(switch: Switching) -> None:
    switch.proxy.answer = lambda command: FIRST if "list" in command else (0, b"")


def test_the_first_release_replaces_the_page_that_says_that_there_is_none(
    switch: Switching,
) -> None:
    _before_the_first_release(switch)
    switch.create()
    told = [command[1] for command in switch.proxy.commands]
    assert told == ["list", "deploy", "resume"], "open before it has its targets, it answers 502"
    assert switch.routes == [NEW_ROUTE]


def test_a_first_release_of_this_state_goes_back_to_the_containers_that_served_before(
    switch: Switching,
) -> None:
    # After an adoption the proxy has targets, and the state has no switch.
    switch.proxy.answer = lambda command: (
        (0, LISTING.format(targets=",".join(OLD_ROUTE)).encode()) if "list" in command else (0, b"")
    )
    switch.smoke_test = refuse
    with pytest.raises(StepFailed, match="back on the previous release"):
        switch.create()
    assert switch.routes == [NEW_ROUTE, OLD_ROUTE]


def test_after_the_first_release_no_release_opens_a_service(switch: Switching) -> None:
    switch.update()
    assert "resume" not in [command[1] for command in switch.proxy.commands]


def test_a_first_release_that_fails_in_public_leaves_the_page_that_says_that_there_is_none(
    switch: Switching,
) -> None:
    switch.smoke_test = refuse
    _before_the_first_release(switch)
    with pytest.raises(StepFailed, match="no previous release to go back to") as caught:
        switch.create()
    assert switch.routes == [NEW_ROUTE, ["no-release:80"]]
    assert switch.proxy.commands[-2][:3] == ["kamal-proxy", "stop", "taskmanager"]
    assert "No release serves." in str(caught.value)
    assert [container.did for container in switch.new] == [["stop 5"], ["stop 5"]]
