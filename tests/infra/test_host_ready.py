"""Waiting for a host, run as the engine runs it, against answers that a host may give."""

import subprocess
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra import ssh
from infra.steps import host_ready
from infra.steps.failure import StepFailed
from testkit.recorded.ec2 import deploy
from testkit.recorded.steps import Props, changed_by, step
from tests.infra.conftest import Clock

CONSOLE_KEY = "ecdsa-sha2-nistp256 " + "A" * 139 + "="
FIRST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGivenByUs"


@dataclass
class Host:
    """Answers in turn, the last one for ever: exit status, what it printed, what ssh said."""

    answers: list[tuple[int, str, str]] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=lambda: [f"taskmanager-host-key: {CONSOLE_KEY}"])
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get_console_output(self, **call: Any) -> dict[str, str]:
        self.asked.append(call)
        return {"Output": self.console.pop(0) if len(self.console) > 1 else self.console[0]}

    def run(self, _endpoint: str, _script: str, *, timeout: float) -> Any:
        assert timeout > 0
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return subprocess.CompletedProcess([], *answer)


BOOTING = (255, "", "ssh: connect to host 198.51.100.7 port 22: Connection refused")
UNDER_WAY = (host_ready.NOT_YET, "set-up is under way", "")
OWN_KEY = CONSOLE_KEY
READY = (0, f"{OWN_KEY}\n", "")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr(boto3, "client", lambda _service, **_options: host)
    monkeypatch.setattr(ssh, "run", host.run)
    monkeypatch.setattr(ssh, "pin", lambda _endpoint, key: host.pinned.append(key))
    monkeypatch.setattr(ssh, "remember", lambda _endpoint, machine: host.machines.append(machine))
    monkeypatch.setattr(ssh, "share", lambda _endpoint: host.shared.append("shared"))
    monkeypatch.setattr(ssh, "unshare", lambda _endpoint: host.shared.append("closed"))
    return host


@pytest.fixture(scope="module")
def props() -> Props:
    _, props = step(deploy("dev"), "HostReady")
    return props


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
    assert host.pinned[0] == CONSOLE_KEY, "nothing is asked of a host before its key is known"


def test_the_key_of_a_new_machine_is_the_one_on_its_console(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    cut = f"taskmanager-host-key: {CONSOLE_KEY[:90]}[    4.1] random: crng init done"
    other = CONSOLE_KEY.replace("AAAA", "BBBB", 1)
    host.console = [
        "",
        f"[    0.1] Linux\n{cut}\n",
        f"{cut}\ntaskmanager-host-key: {other}\r\ntaskmanager-host-key: {CONSOLE_KEY}\r\n",
    ]
    host.answers = [READY]
    state = provider.create(props).outs
    assert host.pinned == [CONSOLE_KEY, OWN_KEY]
    assert state["ownKey"] == OWN_KEY
    assert len(clock.slept) == 2, "a line into which the kernel wrote is none"
    call = {"InstanceId": props["machine"], "Latest": True}
    assert host.asked == [call] * 3, "without it EC2 tells an old one"


def test_the_key_of_a_machine_that_is_known_comes_from_the_state(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [READY]
    state = provider.create(props).outs
    host.pinned.clear()
    host.asked.clear()
    provider.diff("id", state, props)
    provider.update("id", state, {**props, "size": "another"})
    assert set(host.pinned) == {OWN_KEY}
    assert host.asked == []
    host.pinned.clear()
    provider.diff("id", state, {**props, "machine": "i-another"})
    assert host.pinned == [], "another machine has another key"
    provider.update("id", state, {**props, "machine": "i-another"})
    assert host.asked[0]["InstanceId"] == "i-another"


def test_a_machine_of_an_earlier_program_is_known_by_the_key_that_it_was_given(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.answers = [READY]
    earlier = {**props, "hostKey": FIRST_KEY}
    provider.update("id", earlier, {**props, "size": "another"})
    assert host.pinned == [FIRST_KEY, OWN_KEY]
    host.pinned.clear()
    provider.update("id", {**earlier, "ownKey": OWN_KEY}, props)
    assert set(host.pinned) == {OWN_KEY}
    assert host.asked == []


def test_a_console_without_a_key_is_given_up(
    host: Host, provider: Any, props: Props, clock: Clock
) -> None:
    host.console = ["[    0.1] Linux"]
    with pytest.raises(StepFailed, match="its console shows no line `taskmanager-host-key`"):
        provider.create({**props, "timeout": 60})
    assert host.pinned == [], "no key is taken on trust"


def test_who_may_not_read_the_console_is_told_the_right_that_is_missing(
    host: Host, provider: Any, props: Props, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"Error": {"Code": "UnauthorizedOperation", "Message": "You are not authorized"}}

    def refuse(**_call: Any) -> dict[str, str]:
        raise ClientError(answer, "GetConsoleOutput")

    monkeypatch.setattr(host, "get_console_output", refuse)
    with pytest.raises(StepFailed, match="ec2:GetConsoleOutput") as caught:
        provider.create(props)
    assert "You are not authorized" in str(caught.value)
    assert clock.slept == []


def test_later_steps_find_an_open_connection_to_this_machine(
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
    assert changed_by(provider, props) == {"machine", "size", "endpoint"}
    provider.diff("id", {**props, "ownKey": OWN_KEY}, props)
    assert OWN_KEY in host.pinned, "a preview on another machine learns the key too"
