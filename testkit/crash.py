"""Kill a deployment in the middle, as a lost connection, a full memory or a pulled plug does."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from testkit.deployment import PULUMI, UP, Deployment

MOMENT_SECONDS = 60


class MomentMissed(AssertionError):
    """The deployment never came to where it was to be cut off."""


def cut_off(
    deployment: Deployment, *, said: str, then: str = "", after: float = 0.0, alone: bool = False
) -> str:
    """Start `pulumi up` and kill it when it has `said` something; the result is all it said.

    With `then` it lives on until the engine has done something whose name matches, and in any case
    `after` more seconds. Its plugins die with it unless it dies `alone`. Raises MomentMissed
    when that never comes.
    """
    did = threading.Event()
    if then:
        watch = threading.Thread(target=_watch, args=(deployment, then, did), daemon=True)
        watch.start()
    with subprocess.Popen(
        [*PULUMI, *UP],
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
