"""Kill a deployment in the middle, as a lost connection or the out-of-memory killer does."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from testkit.deployment import Deployment
from testkit.stack_driver import PULUMI

MOMENT_SECONDS = 60


class MomentMissed(AssertionError):
    """The deployment never reached the moment at which it was to be killed."""


def crash(
    deployment: Deployment, *, said: str, then: str = "", after: float = 0.0, alone: bool = False
) -> str:
    """Start `pulumi up` and kill it in the middle; the result is its output until then.

    The moment is a line of output that matches `said`, then, if given, an event of Docker Engine
    whose action matches `then`, and `after` more seconds. Pulumi's plugins are killed too, unless
    Pulumi is to die `alone`. Raises MomentMissed when the moment never comes.
    """
    did = threading.Event()
    if then:
        watch = threading.Thread(target=_watch, args=(deployment, then, did), daemon=True)
        watch.start()
    with subprocess.Popen(
        [*PULUMI, *deployment.up_words()],
        cwd=deployment.folder,
        env=deployment.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as engine:
        heard: list[str] = []
        for line in engine.stdout or ():
            heard.append(line)
            if re.search(said, line):
                break
        if then:
            did.wait(MOMENT_SECONDS)
        time.sleep(after)
        if engine.poll() is not None or (then and not did.is_set()):
            raise MomentMissed("".join(heard))
        for pid in [engine.pid] if alone else [engine.pid, *_below(engine.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return "".join(heard)


def _watch(deployment: Deployment, what: str, did: threading.Event) -> None:
    for event in deployment.client.events(decode=True):
        name = event["Actor"]["Attributes"].get("name", "")
        if name.startswith(deployment.name) and re.search(what, event["Action"]):
            did.set()
            return


def _below(pid: int) -> Iterator[int]:
    """The processes that `pid` started, and those that they started."""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, file.read_text().split()):
            yield child
            yield from _below(child)
