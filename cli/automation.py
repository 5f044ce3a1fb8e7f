"""Pulumi, driven by its Automation API: commands, and operations with their events.

`Stack.up` of the API runs five more commands (version, select, outputs twice, history): 1.5 s of
each deployment. So the operations are started here, and the API reads their events.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi import automation
from pulumi.automation.errors import create_command_error
from pulumi.automation.events import EngineEvent

from cli.errors import Interrupted
from infra import project
from infra.errors import UserError

POLL_SECONDS = 0.1
STOPPING = "\nStopping: Pulumi finishes the steps that it has begun. Ctrl-C again ends it at once."
STOPPED = "Interrupted. To continue from here, run the same command again."


class Pulumi(automation.PulumiCommand):
    """The `pulumi` command of this environment, of the version that set-up installed.

    A first Ctrl-C lets it end by itself; a second one ends it at once.
    """

    def __init__(self) -> None:
        self.command = "pulumi"
        self.version = None

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        """Run `pulumi ARGS`. Raises CommandError when it fails, Interrupted after Ctrl-C."""
        process = _start(["pulumi", "--non-interactive", *args], cwd, additional_env)
        texts: tuple[list[str], list[str]] = ([], [])
        with process, _interruptions(process) as interruptions:
            readers = [
                threading.Thread(target=_read, args=(stream, lines, callback))
                for stream, lines, callback in zip(
                    (process.stdout, process.stderr), texts, (on_output, on_error), strict=True
                )
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        out, err = ("\n".join(lines) for lines in texts)
        if interruptions:
            raise Interrupted(STOPPED)
        result = automation.CommandResult(stdout=out, stderr=err, code=process.returncode)
        if process.returncode != 0:
            raise create_command_error(result)
        return result


def _start(
    command: list[str], folder: str, variables: Mapping[str, str]
) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **variables, "PULUMI_AUTOMATION_API": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # So that a terminal's Ctrl-C comes once, from here: two end Pulumi in the middle.
            process_group=0,
        )
    except FileNotFoundError:
        raise UserError(
            "There is no `pulumi` command. Fix: make setup, then . .local/env"
        ) from None


def _read(stream: Any, lines: list[str], callback: Callable[[str], Any] | None) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))
        if callback:
            callback(lines[-1])


@contextmanager
def _interruptions(process: "subprocess.Popen[str]") -> Generator[list[int]]:
    """Pass Ctrl-C on to `process`; the list grows with each."""
    seen: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        if not seen:
            print(STOPPING, flush=True)
        seen.append(number)
        process.send_signal(signal.SIGINT)

    if threading.current_thread() is not threading.main_thread():
        yield seen
        return
    before = signal.signal(signal.SIGINT, forward)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


PULUMI = Pulumi()


class CommandFailedError(Exception):
    """A command of Pulumi failed; the text is its own message, `output` is all that it printed."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


def ask(*words: str) -> str:
    """The output of `pulumi WORDS` in the project's folder.

    Raises StackNotFoundError, or CommandFailedError with Pulumi's message.
    """
    errors: list[str] = []
    try:
        return PULUMI.run(list(words), str(project.root()), {}, on_error=errors.append).stdout
    except automation.StackNotFoundError:
        raise
    except automation.CommandError as error:
        raise CommandFailedError("\n".join(errors).strip() or str(error)) from None


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
        follower = threading.Thread(target=_follow, args=(log, ended, show, tick))
        follower.start()
        printed: list[str] = []
        errors: list[str] = []
        try:
            # The option is for those who debug Pulumi.
            variables = {"PULUMI_DEBUG_COMMANDS": "true"}
            command = [*words, "--event-log", str(log), "--suppress-outputs"]
            folder = str(project.root())
            return PULUMI.run(command, folder, variables, printed.append, errors.append).stdout
        except automation.CommandError:
            raise CommandFailedError("\n".join(errors).strip(), "\n".join(printed)) from None
        finally:
            ended.set()
            follower.join()


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
