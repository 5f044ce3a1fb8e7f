"""The switch, against a Docker Engine in memory."""

from typing import Any

import pytest

from infra.steps import smoke_test
from infra.steps.containers import NO_QUOTA
from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import state
from testkit.recorded.steps import changed_by
from tests.infra.switching import API_1, API_2, NEW_ROUTE, Switching


def test_healthy_containers_get_the_traffic_and_are_proved_in_public(switch: Switching) -> None:
    switch.update()
    [command] = switch.deploys
    assert command[:3] == ["kamal-proxy", "deploy", "taskmanager"]
    assert switch.routes == [NEW_ROUTE]
    assert "--health-check-path=/health" in command, (
        "with /ready a lost Redis would take every container out of the rotation"
    )
    [(url, release, answers)] = switch.proved
    assert (url, release) == ("http://127.0.0.1:8080", switch.props["release"])
    assert answers >= 2, "one answer may come from one of two containers"


def test_the_first_certificate_may_take_its_time_and_a_release_after_it_not(
    switch: Switching,
) -> None:
    switch.props = {**switch.props, "url": "https://tasks.example.com"}
    switch.update()
    switch.previous = switch.props
    switch.update()
    assert switch.limits == [smoke_test.CERTIFICATE_SECONDS, smoke_test.LIMIT_SECONDS]
    assert smoke_test.CERTIFICATE_SECONDS > 60, "a record's time to live comes before it"


def test_a_container_that_is_not_healthy_gets_no_traffic(switch: Switching) -> None:
    switch.new[1].states = [state("starting")] * 4 + [state("starting", "exited", exit_code=1)]
    with pytest.raises(StepFailed, match=API_2):
        switch.update()
    assert switch.deploys == []


def test_containers_that_serve_already_are_not_judged_again(switch: Switching) -> None:
    # A change of the drain time alone; one of them ran out of memory last month.
    switch.previous = {**switch.props, "options": []}
    switch.new[0].states = [state(restarts=1)]
    switch.update()
    assert switch.routes == [NEW_ROUTE], "no `up` would ever get through again"


def test_an_added_replica_is_judged(switch: Switching) -> None:
    switch.previous = {**switch.props, "targets": [API_1]}
    switch.new[1].states = [state("starting", "exited", exit_code=1)]
    with pytest.raises(StepFailed, match=API_2):
        switch.update()


def test_nothing_holds_back_what_serves_from_its_first_request_on(switch: Switching) -> None:
    quotas: list[Any] = []

    def told(command: list[str]) -> tuple[int, bytes]:
        if "deploy" in command:
            quotas.extend(each.settings["cpu_quota"] for each in switch.new)
        return 0, b""

    switch.proxy.answer = told
    switch.update()
    assert quotas == [NO_QUOTA] * 2


def test_a_proxy_thatrefuses_fails_the_deployment_with_its_reason(switch: Switching) -> None:
    switch.proxy.answer = lambda _: (1, b"Error: target failed to become healthy")
    with pytest.raises(StepFailed, match="target failed to become healthy"):
        switch.update()
    assert switch.proved == [], "the proxy has changed nothing: there is nothing to prove"


def test_neither_longer_patience_nor_another_socket_moves_traffic(switch: Switching) -> None:
    unmoved = set(switch.props) - changed_by(switch.provider, switch.props)
    assert unmoved == {"endpoint", "healthTimeout"}
