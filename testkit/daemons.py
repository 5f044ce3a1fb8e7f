"""Daemons that tests start: known by a file with their process id, ended only by that id."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

STOP_SECONDS = 40.0


def running(pid_file: Path, mark: str) -> int | None:
    """The process that `pid_file` names, if it still is the one whose command line has `mark`."""
    try:
        pid = int(pid_file.read_text())
    except (OSError, ValueError):
        return None
    return pid if mark in command_line(pid) else None


def command_line(pid: int) -> str:
    """The words a process was started with; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def end(pid: int) -> None:
    """Ask a process to end, wait for it, insist if it does not."""
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        while time.monotonic() < deadline:
            if not _alive(pid):
                return
            time.sleep(0.05)


def end_all(mark: str) -> None:
    """End every process whose command line has `mark`, such as children of a daemon."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            pid = int(entry.name)
            if mark in command_line(pid):
                end(pid)


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return command_line(pid) != ""
