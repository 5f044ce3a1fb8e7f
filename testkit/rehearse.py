"""Deploy an AWS stack to the fake AWS: `python -m testkit.rehearse dev|prod`."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.images import python_version
from testkit.fake_aws.rehearsal import DIFFERENT, Rehearsal
from testkit.fake_aws.sandbox import sandbox
from testkit.stopwatch import seconds as timed

NEW_AMI = "ami-0fedcba9876543210"
PREVIEWS = 5
# What every program pays for that uses the providers that ours uses. A module of theirs is loaded
# when something is asked of it, and what runs our own steps is started for the first of them.
EMPTY_PROGRAM = """\
import pulumi_aws as aws
import pulumi_docker as docker
from infra.steps.script import Script
for module in (aws.cloudwatch, aws.dlm, aws.ebs, aws.ec2, aws.iam, aws.s3, aws.ssm, aws.vpc):
    getattr(module, "nothing", None)
aws.Provider("aws", region="eu-central-1")
docker.Provider("docker", host="unix:///var/run/docker.sock")
Script("nothing", {"endpoint": "", "container": "", "command": []})
"""


def main(stack: str) -> int:
    """Run every phase in the life of `stack` and say how long each took."""
    if stack not in ("dev", "prod"):
        print(f"No stack {stack!r} to rehearse; there are: dev prod", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="tmr-") as folder,
        sandbox(Path(folder) / "s") as running,
    ):
        rehearsal = Rehearsal(stack, running, python_version())
        rehearsal.prepare()
        print(f"Rehearsing {stack}. Settings of its own: {DIFFERENT}\n", flush=True)
        _compare_previews(rehearsal)
        for name, phase in phases(rehearsal):
            with _timed(name):
                phase()
    return 0


def phases(rehearsal: Rehearsal) -> Iterator[tuple[str, Callable[[], object]]]:
    """The life of a stack, from an empty account to an empty account."""
    yield "preview", rehearsal.preview
    yield "up", rehearsal.up
    print(f"                 {len(rehearsal.resources())} resources", flush=True)
    yield "request", rehearsal.serves
    title = rehearsal.user.write()
    yield "no change", lambda: rehearsal.up("--expect-no-changes")
    rehearsal.edit()
    yield "change of code", rehearsal.up
    rehearsal.set("ami", NEW_AMI)
    yield "another machine", rehearsal.up
    if title not in rehearsal.user.titles():
        raise SetupError(f"The row {title!r} did not survive the other machine.")
    print("                 the row written before is still there", flush=True)
    rehearsal.set("protect", "false")
    yield "protection off", rehearsal.up
    yield "destroy", rehearsal.destroy


def _compare_previews(rehearsal: Rehearsal) -> None:
    """Print how long a preview takes, and one of a program that makes nothing."""
    ours = statistics.median(timed(rehearsal.preview) for _ in range(PREVIEWS))
    with rehearsal.other_program(EMPTY_PROGRAM):
        empty = statistics.median(timed(rehearsal.preview) for _ in range(PREVIEWS))
    print(
        f"A preview takes {ours:.1f} s, one of a program that makes nothing {empty:.1f} s: "
        f"{ours / empty:.2f} times as long (median of {PREVIEWS})\n",
        flush=True,
    )


@contextmanager
def _timed(name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{name:<16} {time.monotonic() - began:6.1f} s", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (AssertionError, SetupError) as failure:
        sys.exit(str(failure))
