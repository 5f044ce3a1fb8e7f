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
    shared: list[str] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)

    def run(self, _endpoint: str, _script: str, *, timeout: float) -> Any:
        assert timeout > 0
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return subprocess.CompletedProcess([], *answer)


BOOTING = (255, "", "ssh: connect to host 198.51.100.7 port 22: Connection refused")
UNDER_WAY = (host_ready.NOT_YET, "set-up is under way", "")
OWN_KEY = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYOwnKey"
READY = (0, f"{OWN_KEY}\n", "")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr(ssh, "run", host.run)
    monkeypatch.setattr(ssh, "pin", lambda _endpoint, key: host.pinned.append(key))
    monkeypatch.setattr(ssh, "remember", lambda _endpoint, machine: host.machines.append(machine))
    monkeypatch.setattr(ssh, "share", lambda _endpoint: host.shared.append("shared"))
    monkeypatch.setattr(ssh, "unshare", lambda _endpoint: host.shared.append("closed"))
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
    assert host.pinned[0] == KEY, "nothing is asked of a host before its key is known"


def test_the_key_of_the_user_data_is_trusted_until_the_host_has_told_its_own(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [READY]
    state = provider.create(props).outs
    assert host.pinned == [KEY, OWN_KEY]
    assert state["ownKey"] == OWN_KEY
    host.pinned.clear()
    provider.diff("id", state, props)
    provider.update("id", state, {**props, "size": "another"})
    assert set(host.pinned) == {OWN_KEY}, "containers may be able to read the first one"
    host.pinned.clear()
    provider.diff("id", state, {**props, "machine": "i-another"})
    assert host.pinned == [KEY], "another machine has no key of its own yet"


def test_what_follows_finds_a_connection_to_this_machine(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [READY]
    provider.create(props)
    assert host.machines == [props["machine"]], "who opens a session need not look for it"
    assert host.shared == ["closed", "shared"], "one to the machine before would hang"


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


def test_the_set_up_decides_and_not_the_state_of_cloud_init() -> None:
    assert "cloud-init" not in host_ready.PROBE, "an error of any later boot is none of the set-up"
    assert "/var/lib/taskmanager/ready" in host_ready.PROBE


def test_a_host_is_waited_for_again_when_it_is_another_or_was_off(
    provider: Any, props: Props, host: Host
) -> None:
    assert changed_by(provider, props) == {"machine", "size", "endpoint", "hostKey"}
    assert KEY in host.pinned, "a preview on another machine learns the key too"
