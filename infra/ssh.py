"""The machine's own ssh, as the Docker provider uses it: same options, same keys, same known hosts.

The options come from DOCKER_SSH_OPTS, which the provider reads too and which no state holds. A
host's key is never taken on trust: it is known beforehand and pinned.
"""

import os
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.parse import urlsplit

from infra.errors import UserError

DOCKER_SOCKET = "/var/run/docker.sock"
# It covers the ProxyCommand's start too: two AWS commands and a session. Docker's own helper takes
# 30 s for the same.
CONNECT_SECONDS = 30
ATTEMPTS = 3
# First, because ssh takes the first value it is given of an option.
STRICT = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
# Not through a shared connection, which would keep a forwarding when its user has gone.
ALONE = ["-o", "ControlMaster=no", "-o", "ControlPath=none"]


class SshError(UserError):
    """A connection failed; the text is ssh's own message."""


def run(endpoint: str, script: str, *, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a shell `script` on the machine at `endpoint` (`ssh://user@host`).

    ssh's own failures exit 255.
    """
    command = [*_command(endpoint), "-T", _name(endpoint), "--", script]
    try:
        return subprocess.run(  # noqa: S603 - a list of our own making, no shell
            command, check=False, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 255, "", "timed out")


def pin(endpoint: str, public_key: str) -> None:
    """Make `public_key` the only key that this machine accepts from the host at `endpoint`."""
    settings = _settings(endpoint)
    file = Path(settings["userknownhostsfile"].split()[0]).expanduser()
    port = settings["port"]
    name = settings.get("hostkeyalias") or settings["hostname"]
    name = name if port == "22" else f"[{name}]:{port}"
    line = f"{name} {' '.join(public_key.split()[:2])}"
    known = file.read_text().splitlines() if file.exists() else []
    kept = [entry for entry in known if entry.split(" ")[0] != name]
    if known == [*kept, line]:
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text("\n".join([*kept, line]) + "\n")


def remember(endpoint: str, machine: str) -> None:
    """Write down which `machine` is at `endpoint`: who opens a session need not ask for it."""
    file = Path(_settings(endpoint)["userknownhostsfile"].split()[0]).expanduser()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    (file.parent / f"{urlsplit(endpoint).hostname}.machine").write_text(f"{machine}\n")


def share(endpoint: str) -> None:
    """Open the connection that later commands go through, if the machine's settings share one.

    Raises SshError when the machine at `endpoint` cannot be reached.
    """
    command = ["ssh", *STRICT, *_connection(endpoint), "-T", _name(endpoint), "--", "true"]
    for attempt in range(1, ATTEMPTS + 1):
        # A pipe would stay open with the connection, and its reader would wait for its end.
        with TemporaryFile("w+") as said:
            done = subprocess.run(  # noqa: S603 - a list of our own making, no shell
                command, check=False, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
            said.seek(0)
            if done.returncode == 0:
                return
            if attempt == ATTEMPTS:
                raise SshError(last_line(said.read()))


def unshare(endpoint: str) -> None:
    """Close the connection that is shared, if there is one: another host has its address now."""
    command = ["ssh", *_options(), "-O", "exit", _name(endpoint)]
    subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - a list of our own


@contextmanager
def docker_socket(endpoint: str) -> Generator[str]:
    """The Docker socket of the machine at `endpoint`, as the path of one on this machine.

    Raises SshError when the machine cannot be reached.
    """
    with TemporaryDirectory(prefix="taskmanager-") as folder:
        socket = Path(folder) / "docker.sock"
        process = _forwarding(endpoint, socket)
        try:
            yield str(socket)
        finally:
            process.terminate()
            process.wait()


def _forwarding(endpoint: str, socket: Path) -> subprocess.Popen[str]:
    """The process that forwards `socket`, which is there."""
    forward = ["-nNT", "-o", "ExitOnForwardFailure=yes", "-L", f"{socket}:{DOCKER_SOCKET}"]
    for attempt in range(1, ATTEMPTS + 1):
        with TemporaryFile("w+") as said:
            process = subprocess.Popen(  # noqa: S603 - a list of our own making, no shell
                [*_command(endpoint), *forward, _name(endpoint)],
                stderr=said,
                text=True,
                # Ctrl-C is for the command that uses the connection.
                start_new_session=True,
            )
            if _appears(socket, process):
                return process
            process.terminate()
            process.wait()
            said.seek(0)
            if attempt == ATTEMPTS:
                raise SshError(last_line(said.read()))
    raise AssertionError("the last attempt returns or raises")


def _appears(socket: Path, process: subprocess.Popen[str]) -> bool:
    deadline = time.monotonic() + CONNECT_SECONDS
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def last_line(text: str) -> str:
    """The last line that ssh printed, without the line end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no answer"


def _command(endpoint: str) -> list[str]:
    return ["ssh", *STRICT, *ALONE, *_connection(endpoint)]


def _connection(endpoint: str) -> list[str]:
    port = urlsplit(endpoint).port
    return [
        *("-o", f"ConnectTimeout={CONNECT_SECONDS}"),
        *(["-p", str(port)] if port else []),
        *_options(),
    ]


def _options() -> list[str]:
    return os.environ.get("DOCKER_SSH_OPTS", "").split()


def _name(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname)


def _settings(endpoint: str) -> dict[str, str]:
    port = urlsplit(endpoint).port
    words = ["ssh", "-G", *(["-p", str(port)] if port else []), *_options(), _name(endpoint)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
    return dict(line.split(" ", 1) for line in told.splitlines() if " " in line)
