"""Pulumi, driven by its Automation API: commands, and operations with their events.

`Stack.up` of the API runs five more commands (version, select, outputs twice, history): 1.5 s of
each deployment. So the operations are started here, and the API reads their events.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation.events import EngineEvent

from cli.pulumi_command import Pulumi
from infra import project

POLL_SECONDS = 0.1

PULUMI = Pulumi()


class CommandFailedError(Exception):
    """A command of Pulumi failed; the text is its own message, `output` is all that it printed."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


def ask(*words: str, typed: str = "") -> str:
    """The output of `pulumi WORDS` in the project's folder, with `typed` as its input.

    Raises StackNotFoundError, or CommandFailedError with Pulumi's message.
    """
    printed: list[str] = []
    errors: list[str] = []
    try:
        folder = str(project.root())
        return PULUMI.run(list(words), folder, {}, printed.append, errors.append, typed).stdout
    except automation.StackNotFoundError:
        raise
    except automation.CommandError as error:
        message = "\n".join(errors).strip() or str(error)
        raise CommandFailedError(message, "\n".join(printed)) from None


def operate(
    words: list[str], show: Callable[[EngineEvent], Any], tick: Callable[[], Any] = lambda: None
) -> str:
    """Run an operation, such as `up`, and `show` each of its events; `tick` is called meanwhile.

    The result is its output. Raises CommandFailedError with Pulumi's message beside the events.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events"
        log.touch()
        ended = threading.Event()
        printed: list[str] = []
        errors: list[str] = []
        # The option is for those who debug Pulumi.
        variables = {"PULUMI_DEBUG_COMMANDS": "true"}
        command = [*words, "--event-log", str(log), "--suppress-outputs"]
        root = str(project.root())
        with ThreadPoolExecutor(max_workers=1) as follower:
            following = follower.submit(_follow, log, ended, show, tick)
            try:
                output = PULUMI.run(command, root, variables, printed.append, errors.append).stdout
            except automation.CommandError:
                raise CommandFailedError("\n".join(errors).strip(), "\n".join(printed)) from None
            finally:
                ended.set()
        # An event that could not be read: nothing is known of the operation.
        following.result()
        return output


def _follow(
    log: Path, ended: threading.Event, show: Callable[[EngineEvent], Any], tick: Callable[[], Any]
) -> None:
    """Read events as they are written, and to the end of the file once the operation has ended."""
    with log.open() as file:
        rest = ""
        while True:
            last = ended.is_set()
            rest += file.read()
            *lines, rest = rest.split("\n")
            for line in lines:
                show(EngineEvent.from_json(json.loads(line)))  # pyright: ignore[reportUnknownMemberType] - its argument is a bare dict
            if last:
                return
            tick()
            time.sleep(POLL_SECONDS)
