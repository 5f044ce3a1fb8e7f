"""A registry on this machine in place of GHCR: Debian's docker-registry."""

import http.client
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.offline import debian
from testkit import daemons

START_SECONDS = 15.0
SETTINGS = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: "{data}"}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def start(directory: Path, port: int) -> str:
    """Serve the images in `directory` on 127.0.0.1 until `stop`; returns the registry's address."""
    address = f"127.0.0.1:{port}"
    if daemons.running(_pid_file(directory), str(directory)):
        return address
    program = debian.programs("registry", "docker-registry") / "usr" / "bin" / "docker-registry"
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "settings.yml"
    settings.write_text(SETTINGS.format(data=directory / "data", port=port))
    with (directory / "registry.log").open("ab") as log:
        process = subprocess.Popen(
            [program, "serve", settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(directory).write_text(str(process.pid))
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(directory)
            raise SetupError(f"The registry did not start. Log: {directory / 'registry.log'}")
        time.sleep(0.05)
    # It outlives this object: `stop` finds it by its file.
    process.returncode = 0
    return address


def stop(directory: Path) -> None:
    """Stop the registry that serves `directory`; its images stay."""
    if pid := daemons.running(_pid_file(directory), str(directory)):
        daemons.end(pid)
    _pid_file(directory).unlink(missing_ok=True)


@contextmanager
def serving(directory: Path, port: int) -> Iterator[str]:
    """A registry for the length of a block."""
    try:
        yield start(directory, port)
    finally:
        stop(directory)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _pid_file(directory: Path) -> Path:
    return directory / "registry.pid"
