"""Wait until a new host can be used: key known, set-up over, Docker Engine answering."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import DiffResult
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from infra import ssh
from infra.steps.failure import StepFailed
from infra.steps.step import Step, StepArgs, StepProvider, Text

POLL_SECONDS = 2
ANSWER_SECONDS = 60
READY, NOT_YET, BROKEN = 0, 10, 11
# `cloud-init status` exits 1 when a step failed; the marker is written by our own last step.
PROBE = f"""
status=$(cloud-init status)
case $status in
  *done*) ;;
  *error*) tail -n 25 /var/log/cloud-init-output.log; exit {BROKEN} ;;
  *) echo "set-up is under way"; exit {NOT_YET} ;;
esac
[ -e /var/lib/taskmanager/ready ] || {{ tail -n 25 /var/log/cloud-init-output.log; exit {BROKEN}; }}
docker version --format '{{{{.Server.Version}}}}' || exit {NOT_YET}
"""


@dataclass(frozen=True, kw_only=True)
class HostReadyArgs(StepArgs):
    """The arguments of HostReady.

    machine: the machine's id; another one is waited for anew.
    size: the machine's type; with another one it starts again.
    endpoint: the address of the host's Docker Engine.
    host_key: the public key by which the host proves who it is.
    timeout: the longest wait, in seconds.
    advice: a sentence on the settings to check when the host cannot be reached.
    """

    machine: Text = Text()
    size: str
    endpoint: Text = Text()
    host_key: Text = Text()
    timeout: int
    advice: str


class HostReadyProvider(StepProvider[HostReadyArgs]):
    """Waits again for another machine, and for one that was off."""

    arguments = HostReadyArgs
    triggers = ("machine", "size", "endpoint", "host_key")

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Whether to wait again; also tells this machine's ssh the host's key.

        That is done here because a diff runs on every machine that deploys, also on one that did
        not create the host: it learns the key from the state.
        """
        endpoint, key = _news.get("endpoint"), _news.get("hostKey")
        if isinstance(endpoint, str) and isinstance(key, str):
            ssh.pin(endpoint, key)
        return super().diff(_id, _olds, _news)

    def run(self, args: HostReadyArgs, previous: HostReadyArgs | None) -> Mapping[str, Any]:
        """Wait; raises StepFailed when the host's set-up fails, or takes too long."""
        ssh.pin(args.endpoint, args.host_key)
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
        return {}

    def identity(self, args: HostReadyArgs, outputs: Mapping[str, Any]) -> str:
        """The machine's id."""
        return args.machine


def _broken(args: HostReadyArgs, log: str) -> StepFailed:
    lines = "\n".join(f"    {line}" for line in log.rstrip().splitlines())
    return StepFailed(
        f"The set-up of the host {args.machine} failed. The end of its log:\n{lines}\n"
        "  Fix infra/targets/ec2/bootstrap.yaml, which makes a new host, or make a new host from "
        "the same file: make replace-host. The data volume stays."
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
