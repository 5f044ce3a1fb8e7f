"""Wait until a host can be used: key known, set-up over, Docker Engine answering."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import DiffResult, UpdateResult
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from infra import console, ssh
from infra.steps.failure import StepFailed
from infra.steps.step import Step, StepArgs, StepProvider, Text

POLL_SECONDS = 2
ANSWER_SECONDS = 60
READY, NOT_YET, BROKEN = 0, 10, 11
ATTEMPTS = 3
"""Of the set-up: set-up continues by itself afterwards, but the deployer is told."""
# Our own marker and Docker decide: cloud-init calls any error of any boot since a broken one.
PROBE = f"""
if [ -e /var/lib/taskmanager/ready ]; then
  docker version --format '{{{{.Server.Version}}}}' > /dev/null || exit {NOT_YET}
  cat /etc/ssh/taskmanager_host_key.pub
  exit 0
fi
log=/var/log/taskmanager-bootstrap.log
[ -e "$log" ] || {{ echo "set-up is under way"; exit {NOT_YET}; }}
if [ "$(cat /run/taskmanager-bootstrap.failures 2> /dev/null | wc -l)" -ge {ATTEMPTS} ]; then
  tail -n 25 "$log"
  exit {BROKEN}
fi
tail -n 1 "$log"
exit {NOT_YET}
"""


@dataclass(frozen=True, kw_only=True)
class HostReadyArgs(StepArgs):
    """The arguments of HostReady.

    machine: the machine's id; another one is waited for anew.
    size: the machine's type; with another one it starts again.
    endpoint: the address of the host's Docker Engine.
    region: where it is.
    timeout: the longest wait, in seconds.
    advice: a sentence on the settings to check when the host cannot be reached.
    """

    machine: Text = Text()
    size: str
    endpoint: Text = Text()
    region: str
    timeout: int
    advice: str


class HostReadyProvider(StepProvider[HostReadyArgs]):
    """Waits again for another machine, and for one that was off."""

    arguments = HostReadyArgs
    triggers = ("machine", "size", "endpoint")

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Whether to wait again; also tells this machine's ssh the host's key.

        That is done here because a diff runs on every machine that deploys, also on one that did
        not create the host: it learns the key from the state.
        """
        endpoint, machine = _news.get("endpoint"), _news.get("machine")
        if isinstance(endpoint, str) and isinstance(machine, str):
            if key := _known_key(_olds, machine):
                ssh.pin(endpoint, key)
            ssh.remember(endpoint, machine)
        return super().diff(_id, _olds, _news)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait again; the key of the same machine is known from the state."""
        if key := _known_key(_olds, _news["machine"]):
            ssh.pin(_news["endpoint"], key)
        return super().update(_id, _olds, _news)

    def run(self, args: HostReadyArgs, previous: HostReadyArgs | None) -> Mapping[str, Any]:
        """Wait; raises StepFailed when the host's set-up fails, or takes too long."""
        if previous is None or previous.machine != args.machine:
            ssh.pin(args.endpoint, _key_of_a_new_machine(args))
        ssh.remember(args.endpoint, args.machine)
        ssh.unshare(args.endpoint)
        probe = Retrying(
            retry=retry_if_result(lambda done: done.returncode not in (READY, BROKEN)),
            wait=wait_fixed(POLL_SECONDS),
            stop=stop_after_delay(args.timeout),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        done = probe(ssh.run, args.endpoint, PROBE, timeout=ANSWER_SECONDS)
        if done.returncode == BROKEN:
            raise _broken(args, done.stdout)
        if done.returncode != READY:
            raise _too_slow(args, ssh.last_line(done.stderr or done.stdout))
        return {"ownKey": _known_by_own_key(args, done.stdout)}

    def identity(self, args: HostReadyArgs, outputs: Mapping[str, Any]) -> str:
        """The machine's id."""
        return args.machine


def _known_key(olds: Mapping[str, Any], machine: str) -> str:
    """The key of `machine` in the state; empty for another machine than the one before.

    Earlier versions gave a machine its first key, and knew it as `hostKey`.
    """
    return (
        str(olds.get("ownKey") or olds.get("hostKey") or "")
        if olds.get("machine") == machine
        else ""
    )


def _key_of_a_new_machine(args: HostReadyArgs) -> str:
    """The key that the machine prints on its console; raises StepFailed when none comes."""
    printed = Retrying(
        retry=retry_if_result(lambda key: not key),
        wait=wait_fixed(POLL_SECONDS),
        stop=stop_after_delay(args.timeout),
        retry_error_callback=lambda _state: "",
    )
    try:
        key = printed(console.host_key, args.machine, args.region)
    except console.ConsoleError as error:
        raise _no_console(args, str(error)) from error
    if not key:
        raise _too_slow(args, "its console shows no line `taskmanager-host-key`")
    return key


def _known_by_own_key(args: HostReadyArgs, printed: str) -> str:
    """Trust the key that the host tells; a machine of an earlier version had another one first."""
    own_key = printed.strip()
    ssh.pin(args.endpoint, own_key)
    # Sixteen operations follow at once: they find a connection that is open.
    with suppress(ssh.SshError):
        ssh.share(args.endpoint)
    return own_key


def _broken(args: HostReadyArgs, log: str) -> StepFailed:
    lines = "\n".join(f"    {line}" for line in log.rstrip().splitlines())
    return StepFailed(
        f"The set-up of the host {args.machine} failed {ATTEMPTS} times; the host retries every "
        f"10 s. The end of its log:\n{lines}\n"
        "  If the cause passes (the network, a package server), run the same command again: it "
        "continues with the same host. Otherwise fix infra/targets/ec2/bootstrap.yaml, then make a "
        "new host from it: make replace-host. The data volume stays."
    )


def _no_console(args: HostReadyArgs, reason: str) -> StepFailed:
    return StepFailed(
        f"EC2 does not show the console of the host {args.machine}, on which it prints its key: "
        f"{reason}\n  Fix: allow the deployer ec2:GetConsoleOutput (make policies prints all "
        "rights), then run the same command again: it continues with the same host."
    )


def _too_slow(args: HostReadyArgs, answer: str) -> StepFailed:
    return StepFailed(
        f"The host {args.machine} at {args.endpoint} cannot be used after {args.timeout} s: "
        f"{answer}.\n  {args.advice} Then run the same command again: it waits for the same host."
    )


class HostReady(Step, module="taskmanager", name="HostReady"):
    """A host that can be used: its `endpoint` is known only when that is so."""

    endpoint: pulumi.Output[str]

    def __init__(
        self, name: str, args: HostReadyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, HostReadyProvider(), args.inputs(), opts)
