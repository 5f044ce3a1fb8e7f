"""Deploy an AWS stack to the fake AWS: `python -m testkit.rehearse dev|prod`."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.errors import SetupError
from testkit.fake_aws import amis
from testkit.fake_aws.rehearsal import DIFFERENT, Rehearsal
from testkit.fake_aws.sandbox import sandbox
from testkit.stopwatch import seconds as timed

PREVIEWS = 5
EMPTY_PROGRAM = Path(__file__).parent / "programs" / "no_resources.py"


def main(stack: str) -> int:
    """Run every phase in the life of `stack` and say how long each took."""
    if stack not in ("dev", "prod"):
        print(f"No stack {stack!r} to rehearse; there are: dev prod", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="tmr-") as folder,
        sandbox(Path(folder) / "s") as running,
    ):
        rehearsal = Rehearsal.of(stack, running)
        rehearsal.prepare()
        print(f"Rehearsing {stack}. Settings of its own: {DIFFERENT}\n", flush=True)
        _compare_previews(rehearsal)
        for name, phase in phases(rehearsal):
            with _timed(name):
                phase()
    return 0


def phases(rehearsal: Rehearsal) -> Iterator[tuple[str, Callable[[], object]]]:
    """The life of a stack, from an empty account to an empty account."""
    yield "preview", rehearsal.preview_text
    yield "up", rehearsal.release
    print(f"                 {len(rehearsal.resources())} resources", flush=True)
    yield "request", rehearsal.version
    title = rehearsal.user.write()
    yield "no change", lambda: rehearsal.release("--expect-no-changes")
    rehearsal.change_code()
    yield "change of code", rehearsal.release
    rehearsal.configure("ami", amis.NEXT)
    yield "another machine", rehearsal.release
    if title not in rehearsal.user.titles():
        raise SetupError(f"The row {title!r} did not survive the other machine.")
    print("                 the row written before is still there", flush=True)
    rehearsal.configure("protect", "false")
    yield "protection off", rehearsal.release
    yield "destroy", lambda: rehearsal.destroy().or_raise(("destroy",))


def _compare_previews(rehearsal: Rehearsal) -> None:
    """Print how long a preview takes, and one of a program that makes nothing."""
    ours = statistics.median(timed(rehearsal.preview_text) for _ in range(PREVIEWS))
    with rehearsal.other_program(EMPTY_PROGRAM):
        empty = statistics.median(timed(rehearsal.preview_text) for _ in range(PREVIEWS))
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
