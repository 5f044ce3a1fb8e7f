"""A release during maintenance, when a person stopped the service; and before the first one."""

import pytest

from infra.steps import proxy_guard
from infra.steps.failure import StepFailed
from infra.steps.proxy_listing import NO_RELEASE
from testkit.recorded.docker_engine import FakeContainer, FakeEngine

HEAD = "\x1b[3;94mService\x1b[0m  Host  Path  Target  State  TLS\n"


def _engine(state: str, target: str = "api-1:8000") -> FakeEngine:
    row = f"\x1b[1;34mtaskmanager\x1b[0m  *  /  {target}  {state}  no"
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


def test_an_open_service_is_fine() -> None:
    with _engine("running").connect("unix:///x") as client:
        first = proxy_guard.refuse_closed(client, proxy="taskmanager-proxy", service="taskmanager")
    assert not first


def test_the_page_before_the_first_release_is_no_maintenance_and_no_release() -> None:
    known = {"proxy": "taskmanager-proxy", "service": "taskmanager"}
    with _engine("stopped", f"{NO_RELEASE}:80").connect("unix:///x") as client:
        assert proxy_guard.refuse_closed(client, **known)
        assert proxy_guard.serving(client, **known) == []
