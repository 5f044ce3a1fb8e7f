"""A release during maintenance, when a person has stopped the service at the proxy."""

import pytest

from infra.steps import proxy_guard
from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine

HEAD = "\x1b[3;94mService\x1b[0m  Host  Path  Target  State  TLS\n"


def _engine(state: str) -> FakeEngine:
    row = f"\x1b[1;34mtaskmanager\x1b[0m  *  /  api-1:8000  {state}  no"
    proxy = FakeContainer("taskmanager-proxy", answer=lambda _: (0, f"{HEAD}{row}".encode()))
    return FakeEngine(known={proxy.name: proxy})


@pytest.mark.parametrize(
    ("state", "end"), [("stopped", "make maintenance-off"), ("paused", "make resume")]
)
def test_a_release_waits_for_the_end_of_it(state: str, end: str) -> None:
    with (
        _engine(state).connect("unix:///x") as client,
        pytest.raises(StepFailed, match=end) as caught,
    ):
        proxy_guard.refuse_closed(client, proxy="taskmanager-proxy", service="taskmanager")
    assert "Nothing was changed" in str(caught.value)


def test_an_open_way_in_is_fine() -> None:
    with _engine("running").connect("unix:///x") as client:
        proxy_guard.refuse_closed(client, proxy="taskmanager-proxy", service="taskmanager")
