"""The `pulumi` command: its input, its output, and Ctrl-C while it runs."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from pulumi import automation
from pulumi.automation.errors import create_command_error

from cli.errors import Interrupted
from infra.errors import UserError

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
        typed: str = "",
    ) -> automation.CommandResult:
        """Run `pulumi ARGS`, with `typed` as its input.

        Raises CommandError when it fails, Interrupted after Ctrl-C.
        """
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
            _write(process.stdin, typed)
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
            stdin=subprocess.PIPE,
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


def _write(stream: Any, text: str) -> None:
    # It may end without having read all of it, and says why.
    with suppress(BrokenPipeError), stream:
        stream.write(text)


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
