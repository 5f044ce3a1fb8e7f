"""Waiting for the containers of a release, against a Docker Engine in memory."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.steps import containers, health
from infra.steps.containers import GENTLE_SECONDS, NO_QUOTA
from infra.steps.failure import StepFailed
from infra.steps.health import POLL_SECONDS, STABLE_SECONDS
from testkit.recorded.docker_engine import FakeContainer, FakeEngine, state
from tests.infra.conftest import Clock

LIMIT = 60
API_1, API_2 = "taskmanager-api-1-0a1b2c3", "taskmanager-api-2-0a1b2c3"


@pytest.fixture
def new(engine: FakeEngine) -> list[FakeContainer]:
    """Two containers that have just been started."""
    found = [FakeContainer(name, states=[state()], log="Started") for name in (API_1, API_2)]
    engine.known.update({each.name: each for each in found})
    return found


@pytest.fixture
def wait(new: list[FakeContainer], clock: Clock) -> Callable[..., None]:
    def wait(limit: int = LIMIT) -> None:
        with containers.connect("unix:///run/docker.sock") as client:
            health.wait(client, [each.name for each in new], limit=limit)

    return wait


def test_a_slow_start_is_waited_for(
    new: list[FakeContainer], wait: Callable[..., None], clock: Clock
) -> None:
    new[1].states = [state("starting")] * 40 + [state()]
    wait()
    assert 40 * POLL_SECONDS <= sum(clock.slept) < LIMIT


def test_a_quick_start_is_held_back_for_what_serves(
    new: list[FakeContainer], wait: Callable[..., None]
) -> None:
    new[1].states = [state("starting")] * 4 + [state()]
    wait()
    assert [each.settings for each in new] == [{}, {}]


@pytest.mark.parametrize(("limit", "gentle"), [(300, GENTLE_SECONDS), (5, 2.5)])
def test_no_start_is_too_slow_for_having_been_held_back(
    new: list[FakeContainer],
    wait: Callable[..., None],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    gentle: float,
) -> None:
    began, lifted = clock.now, []
    monkeypatch.setattr(new[1], "update", lambda **given: lifted.append((clock.now, given)))
    new[1].states = [state("starting")]
    with pytest.raises(StepFailed):
        wait(limit)
    [(when, given)] = lifted
    assert given == {"cpu_quota": NO_QUOTA}
    assert gentle <= when - began <= gentle + 2 * POLL_SECONDS


def test_a_container_that_never_gets_healthy_is_given_up(
    new: list[FakeContainer], wait: Callable[..., None], clock: Clock
) -> None:
    new[1].states = [state("unhealthy")]
    new[1].log = "early\n" * 50 + "KeyError: 'colour'"
    with pytest.raises(StepFailed, match=f"did not become healthy within {LIMIT} s") as caught:
        wait()
    assert "KeyError: 'colour'" in str(caught.value).splitlines()[0], "its last words say why"
    assert API_2 in str(caught.value)
    assert API_1 not in str(caught.value), "the healthy one is not to blame"
    assert len(str(caught.value).splitlines()) < 30, "the end of the log, not all of it"
    assert LIMIT <= sum(clock.slept) < LIMIT + 10, "within the configured time"


@pytest.mark.parametrize(
    "found",
    [
        state("starting", "exited", exit_code=1),
        state("starting", "dead", exit_code=1),
        state("starting", "restarting", exit_code=1),
    ],
    ids=["exited", "dead", "restarting"],
)
def test_a_container_that_died_is_refused_at_once(
    new: list[FakeContainer], wait: Callable[..., None], clock: Clock, found: dict[str, Any]
) -> None:
    new[0].states = [found]
    new[0].log = "ModuleNotFoundError: no module named app"
    with pytest.raises(StepFailed, match=r"started and died \(exit 1\)") as caught:
        wait()
    assert "ModuleNotFoundError" in str(caught.value)
    assert clock.slept == [], "nothing is gained by waiting for a dead container"


def test_no_exit_code_is_claimed_of_a_container_that_runs_again(
    new: list[FakeContainer], wait: Callable[..., None]
) -> None:
    # As Docker Engine answers: the code of the last exit is gone.
    new[0].states = [state("healthy", "running", restarts=1, exit_code=0)]
    new[0].log = "ModuleNotFoundError: no module named app"
    with pytest.raises(StepFailed) as caught:
        wait()
    first = str(caught.value).splitlines()[0]
    assert "started and died" in first
    assert "ModuleNotFoundError" in first
    assert "exit" not in first


def test_a_container_that_an_earlier_try_stopped_is_started_and_judged_again(
    new: list[FakeContainer], wait: Callable[..., None]
) -> None:
    new[0].states = [state("unhealthy", "exited"), state()]
    wait()
    assert new[0].did == ["start"], "what was wrong may have been the database"
    assert new[1].did == []


@pytest.mark.parametrize(
    ("probed", "told"),
    [
        (
            b'HTTP/1.1 503 Service Unavailable\r\nserver: x\r\n\r\n{"checks":{"schema":"behind"}}',
            'got: 503 Service Unavailable {"checks":{"schema":"behind"}}',
        ),
        (b"no answer: [Errno 111] Connection refused\n", "got: no answer: [Errno 111]"),
    ],
    ids=["an answer", "none"],
)
def test_a_start_that_takes_too_long_names_the_setting_and_what_the_health_check_got(
    new: list[FakeContainer], wait: Callable[..., None], probed: bytes, told: str
) -> None:
    new[1].states, new[1].log, new[1].probed = [state("unhealthy")], "", probed
    with pytest.raises(StepFailed) as caught:
        wait()
    first = str(caught.value).splitlines()[0]
    assert told in first
    assert "the setting healthTimeout" in first
    assert "pulumi config set healthTimeout 120" in str(caught.value)


def test_a_container_that_dies_soon_after_it_was_healthy_is_refused(
    new: list[FakeContainer], wait: Callable[..., None]
) -> None:
    new[0].states = [state()] * 2 + [state(status="restarting", restarts=1, exit_code=137)]
    with pytest.raises(StepFailed, match=r"died \(exit 137\)"):
        wait()


def test_a_container_that_wavers_must_be_stable_from_then_on(
    new: list[FakeContainer], wait: Callable[..., None], clock: Clock
) -> None:
    new[0].states = [state()] * 2 + [state("unhealthy")] + [state()]
    wait()
    assert sum(clock.slept) >= 2 * POLL_SECONDS + STABLE_SECONDS, "it counts from the last doubt"


def test_an_image_without_a_health_check_is_refused(
    new: list[FakeContainer], wait: Callable[..., None]
) -> None:
    for container in new:
        container.states = [{**state(), "Config": {}}]
    with pytest.raises(StepFailed, match="add a HEALTHCHECK to service/Dockerfile"):
        wait()


def test_a_container_that_is_gone_is_named_with_the_fix(
    engine: FakeEngine, wait: Callable[..., None]
) -> None:
    del engine.known[API_2]
    with pytest.raises(StepFailed, match=f"{API_2} is gone. Fix: pulumi refresh"):
        wait()
