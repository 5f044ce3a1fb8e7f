"""Wait until a new host can be used: its key is known, its set-up is over, its engine answers."""

import time
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from infra import ssh
from infra.steps.containers import JobFailed

POLL_SECONDS = 2
ANSWER_SECONDS = 60
NOT_YET, BROKEN = 10, 11
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
PINNED = ("endpoint", "hostKey")
TRIGGERS = ("machine", "size", *PINNED)


class _HostReadyProvider(ResourceProvider):
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        if all(isinstance(_news.get(key), str) for key in PINNED):
            # Here, because this runs on every machine that deploys, also one that did not create
            # the host: it learns the key from the state.
            ssh.pin(_news["endpoint"], _news["hostKey"])
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in TRIGGERS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        _wait(props)
        return CreateResult(id_=props["machine"], outs=props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _wait(_news)
        return UpdateResult(outs=_news)


def _wait(props: dict[str, Any]) -> None:
    endpoint, limit = props["endpoint"], int(props["timeout"])
    ssh.pin(endpoint, props["hostKey"])
    deadline = time.monotonic() + limit
    while True:
        probed = ssh.run(endpoint, PROBE, timeout=ANSWER_SECONDS)
        if probed.returncode == 0:
            return
        if probed.returncode == BROKEN:
            raise JobFailed(_broken(props, probed.stdout))
        if time.monotonic() > deadline:
            said = ssh.last_line(probed.stderr or probed.stdout)
            raise JobFailed(
                f"The host {props['machine']} at {endpoint} cannot be used after {limit} s: "
                f"{said}.\n  {props['advice']} Then run the same command again: it goes on here."
            )
        time.sleep(POLL_SECONDS)


def _broken(props: dict[str, Any], log: str) -> str:
    lines = "\n".join(f"    {line}" for line in log.rstrip().splitlines())
    return (
        f"The set-up of the host {props['machine']} failed. The end of its log:\n{lines}\n"
        "  Fix infra/targets/ec2/bootstrap.yaml, which makes a new host, or make a new one as it "
        "is: make replace-host. The data volume stays."
    )


class HostReady(Resource, module="taskmanager", name="HostReady"):
    """A host that can be used: its `endpoint` is known only when that is so.

    Inputs: machine (its id: another one is waited for anew), size (with another one the machine
    starts again), endpoint, hostKey (public), timeout (seconds), advice (what to check when it
    cannot be reached).
    """

    endpoint: pulumi.Output[str]

    def __init__(
        self, name: str, props: pulumi.Inputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_HostReadyProvider(), name, {**props}, opts)
