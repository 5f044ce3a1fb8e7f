"""The switch, against a Docker Engine in memory."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.steps import smoke_test
from infra.steps.containers import NO_QUOTA
from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine, state
from testkit.recorded.program import Graph
from testkit.recorded.steps import changed_by, step
from tests.infra.conftest import Clock

API_1, API_2 = "taskmanager-api-1-0a1b2c3", "taskmanager-api-2-0a1b2c3"
OLD = {"targets": ["taskmanager-api-1-old", "taskmanager-api-2-old"], "release": "sha256:old"}


class Switching:
    """A host on which a new release has just been started."""

    def __init__(self, graph: Graph, engine: FakeEngine, patch: pytest.MonkeyPatch) -> None:
        self.provider, self.props = step(graph, "Switch")
        self.previous = {**self.props, **OLD}
        self.proxy = FakeContainer("taskmanager-proxy")
        self.new = [
            FakeContainer(API_1, states=[state()], log="Started"),
            FakeContainer(API_2, states=[state()], log="Started"),
        ]
        engine.known.update({each.name: each for each in [self.proxy, *self.new]})
        self.smoke_test: Callable[[], None] = lambda: None
        self.proved: list[tuple[str, str, int]] = []
        self.limits: list[float] = []
        patch.setattr(smoke_test, "verify", self._verify)

    def _verify(self, url: str, release: str, *, answers: int, limit: float) -> None:
        self.proved.append((url, release, answers))
        self.limits.append(limit)
        self.smoke_test()

    def create(self) -> None:
        self.provider.create(self.props)

    def update(self) -> None:
        self.provider.update("id", self.previous, self.props)

    @property
    def routes(self) -> list[list[str]]:
        """The targets the proxy was given, one list for each time it was told."""
        return [
            [each.removeprefix("--target=") for each in command if each.startswith("--target=")]
            for command in self.deploys
        ]

    @property
    def deploys(self) -> list[list[str]]:
        return [command for command in self.proxy.commands if "deploy" in command]


NEW_ROUTE = [f"{API_1}:8000", f"{API_2}:8000"]
OLD_ROUTE = ["taskmanager-api-1-old:8000", "taskmanager-api-2-old:8000"]


@pytest.fixture
def switch(
    graph: Graph, engine: FakeEngine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Switching:
    return Switching(graph, engine, monkeypatch)


def _refuse() -> None:
    raise StepFailed("The new release does not answer.")


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


LISTING = """Service      Host  Path  Target                            State    TLS
taskmanager  *     /     {targets}  running  no"""


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
    switch.smoke_test = _refuse
    with pytest.raises(StepFailed) as caught:
        switch.update()
    assert [container.did for container in switch.new] == [[], []]
    assert "kept with the log" not in str(caught.value)


def test_nothing_is_stopped_while_the_proxy_does_not_say_what_serves(switch: Switching) -> None:
    switch.new[1].states = [state("starting", "restarting", exit_code=1)]
    switch.proxy.answer = lambda _: (1, b"cannot connect")
    with pytest.raises(StepFailed, match="does not say what serves"):
        switch.update()
    assert [container.did for container in switch.new] == [[], []]


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


def test_a_proxy_that_refuses_fails_the_deployment_with_its_reason(switch: Switching) -> None:
    switch.proxy.answer = lambda _: (1, b"Error: target failed to become healthy")
    with pytest.raises(StepFailed, match="target failed to become healthy"):
        switch.update()
    assert switch.proved == [], "the proxy has changed nothing: there is nothing to prove"


def test_a_release_that_fails_in_public_loses_the_traffic_and_fails_the_deployment(
    switch: Switching,
) -> None:
    switch.smoke_test = _refuse
    with pytest.raises(StepFailed, match="does not answer") as caught:
        switch.update()
    assert switch.routes == [NEW_ROUTE, OLD_ROUTE]
    assert "The traffic is back on the previous release" in str(caught.value)


def test_a_way_back_that_fails_too_is_told_with_the_first_reason(switch: Switching) -> None:
    switch.smoke_test = _refuse
    switch.proxy.answer = lambda command: (
        (1, b"old ones are gone") if f"--target={OLD_ROUTE[0]}" in command else (0, b"")
    )
    with pytest.raises(StepFailed, match="does not answer") as caught:
        switch.update()
    assert "old ones are gone" in str(caught.value)
    assert "traffic is back" not in str(caught.value)


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
    switch.smoke_test = _refuse
    with pytest.raises(StepFailed, match="back on the previous release"):
        switch.create()
    assert switch.routes == [NEW_ROUTE, OLD_ROUTE]


def test_after_the_first_release_no_release_opens_a_service(switch: Switching) -> None:
    switch.update()
    assert "resume" not in [command[1] for command in switch.proxy.commands]


def test_a_first_release_that_fails_in_public_leaves_the_page_that_says_that_there_is_none(
    switch: Switching,
) -> None:
    switch.smoke_test = _refuse
    _before_the_first_release(switch)
    with pytest.raises(StepFailed, match="no previous release to go back to") as caught:
        switch.create()
    assert switch.routes == [NEW_ROUTE, ["no-release:80"]]
    assert switch.proxy.commands[-2][:3] == ["kamal-proxy", "stop", "taskmanager"]
    assert "No release serves." in str(caught.value)
    assert [container.did for container in switch.new] == [["stop 5"], ["stop 5"]]


def test_neither_longer_patience_nor_another_socket_moves_traffic(switch: Switching) -> None:
    unmoved = set(switch.props) - changed_by(switch.provider, switch.props)
    assert unmoved == {"endpoint", "healthTimeout"}
