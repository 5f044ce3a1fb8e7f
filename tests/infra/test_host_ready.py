"""Waiting for a host, run as the engine runs it, against answers that a host may give."""

import subprocess
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra import ssh
from infra.steps import host_ready
from infra.steps.failure import StepFailed
from testkit.recorded.ec2 import deploy
from testkit.recorded.steps import Props, changed_by, step
from tests.infra.conftest import Clock

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHostKey"


@dataclass
class Host:
    """Answers in turn, the last one for ever: exit status, what it printed, what ssh said."""

    answers: list[tuple[int, str, str]] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)

    def run(self, _endpoint: str, _script: str, *, timeout: float) -> Any:
        assert timeout > 0
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return subprocess.CompletedProcess([], *answer)


BOOTING = (255, "", "ssh: connect to host 198.51.100.7 port 22: Connection refused")
UNDER_WAY = (host_ready.NOT_YET, "set-up is under way", "")
READY = (0, "28.2.2", "")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr(ssh, "run", host.run)
    monkeypatch.setattr(ssh, "pin", lambda _endpoint, key: host.pinned.append(key))
    return host


@pytest.fixture(scope="module")
def props() -> Props:
    _, props = step(deploy("dev"), "HostReady")
    return {**props, "hostKey": KEY}


@pytest.fixture
def provider() -> Any:
    provider, _ = step(deploy("dev"), "HostReady")
    return provider


def test_a_host_that_boots_is_waited_for(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [BOOTING, BOOTING, UNDER_WAY, READY]
    provider.create(props)
    assert len(clock.slept) == 3
    assert host.pinned == [KEY], "nothing is asked of a host before its key is known"


def test_a_host_that_is_ready_is_not_waited_for(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [READY]
    provider.update("id", props, props)
    assert clock.slept == []


def test_a_host_that_cannot_be_reached_is_given_up_with_what_ssh_said_and_what_to_check(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [BOOTING]
    with pytest.raises(StepFailed) as caught:
        provider.create({**props, "timeout": 60})
    assert "cannot be used after 60 s" in str(caught.value)
    assert "Connection refused" in str(caught.value)
    assert "Session Manager plugin" in str(caught.value)
    assert "run the same command again" in str(caught.value)


def test_a_set_up_that_failed_is_not_waited_for(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [UNDER_WAY, (host_ready.BROKEN, "No package docker available", "")]
    with pytest.raises(StepFailed, match="No package docker available"):
        provider.create(props)
    assert len(clock.slept) == 1


def test_a_host_is_waited_for_again_when_it_is_another_or_was_off(
    provider: Any, props: Props, host: Host
) -> None:
    assert changed_by(provider, props) == {"machine", "size", "endpoint", "hostKey"}
    assert KEY in host.pinned, "a preview on another machine learns the key too"
