"""Pulumi is killed: the service answers, and the next `make up` completes the release."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from testkit.crash import crash
from testkit.deployment import Deployment
from testkit.load import add_slow_route, load

DEPLOY = r"exec_start: kamal-proxy deploy"
STEPS = {
    "build": {"said": r"index:Image \S+-image updating"},
    "migration": {"said": r"Migration \S+ updating", "after": 0.6},
    "start": {"said": r"api-1 creating replacement"},
    "start, engine alone": {"said": r"api-1 creating replacement", "alone": True},
    "health check": {"said": r"Switch \S+ updating", "after": 0.5},
    "switch": {"said": r"Switch \S+ updating", "then": DEPLOY},
    "drain": {"said": r"Switch \S+ updating", "then": DEPLOY, "after": 1.5},
    "drain, engine alone": {"said": r"Switch \S+ updating", "then": DEPLOY, "alone": True},
    "record": {"said": r"Ledger \S+ updating"},
    "removal": {"said": r"api-1 deleting original"},
}


@pytest.fixture(scope="module")
def slow(deploy: Callable[..., Deployment]) -> Deployment:
    """A deployment with a request that takes five seconds."""
    deployment = deploy()
    add_slow_route(deployment)
    deployment.release()
    return deployment


@pytest.mark.parametrize("step", STEPS)
def test_when_pulumi_is_killed_the_service_answers_and_the_next_up_completes(
    slow: Deployment, step: str
) -> None:
    before = slow.version()
    slow.edit("app/main.py", f"# cut off: {step}")
    with load(slow.url) as traffic, _asking_slowly(slow.url) as answers:
        traffic.wait_for(50)
        crash(slow, **STEPS[step])
        traffic.wait_for(len(traffic.answers) + 100)
        again = slow.tool("up")
        traffic.wait_for(len(traffic.answers) + 50)
    assert again.status == 0, again.text
    assert "was cut off" in again.text, "a person is told why it begins differently"
    assert not traffic.failures, traffic.failures[:3]
    assert set(answers) == {200}, answers
    assert slow.version() != before
    _nothing_is_astray(slow)


def test_a_first_deployment_that_was_killed_is_completed(
    deploy: Callable[..., Deployment],
) -> None:
    fresh = deploy()
    crash(fresh, said=r"-postgres creating", then="start")
    again = fresh.tool("up")
    assert again.status == 0, again.text
    _nothing_is_astray(fresh)


def test_a_second_deployment_at_the_same_time_is_refused(slow: Deployment) -> None:
    slow.edit("app/main.py", "# two at once")
    first: list[int] = []
    other = threading.Thread(target=lambda: first.append(slow.tool("up").status))
    other.start()
    locks = slow.folder / ".local" / "state" / ".pulumi" / "locks"
    while other.is_alive() and not list(locks.glob("**/*.json")):
        pass
    second = slow.tool("up")
    other.join()
    assert first == [0]
    assert second.status != 0
    assert "Another deployment of stack local is under way: by" in second.text, second.text
    assert "Wait until it has ended" in second.text
    assert "Traceback" not in second.text
    _nothing_is_astray(slow)


@contextmanager
def _asking_slowly(url: str) -> Iterator[list[int | str]]:
    """Requests that are under way at every moment, one after the other."""
    answers: list[int | str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                answers.append(requests.get(f"{url}/slow?seconds=5", timeout=30).status_code)
            except requests.RequestException as error:
                answers.append(repr(error))

    asking = threading.Thread(target=ask)
    asking.start()
    yield answers
    done.set()
    asking.join()


def _nothing_is_astray(deployment: Deployment) -> None:
    """Everything that runs is in the state, and nothing is left to do."""
    serving = set(deployment.outputs()["containers"])
    assert deployment.names("api-") == serving
    assert not deployment.names("migration") | deployment.names("ledger")
    state = json.loads(deployment.must("stack", "export", "--stack", "local"))["deployment"]
    assert not state.get("pending_operations")
    known = {each.get("id") for each in state["resources"]}
    assert {container.id for container in deployment.containers()} <= known
    deployment.release("--expect-no-changes")
