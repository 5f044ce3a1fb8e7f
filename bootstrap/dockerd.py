"""Starts the machine's own dockerd: through systemd where that runs, by itself where not."""

import subprocess
import time
from contextlib import suppress
from pathlib import Path

from bootstrap import cache, shell
from bootstrap.errors import SetupError
from bootstrap.ping import Unusable, ping

SOCKET = "unix:///var/run/docker.sock"
CONTAINERD_PID_FILE = Path("/run/docker/containerd/containerd.pid")
START_SECONDS = 60.0
SHOWN_LINES = 8
# Where all containers together would get no more of the processor than one process outside of them;
# systemd gives them the share of a slice. The kernel's first and its second version of cgroups.
SHARES = {
    Path("/sys/fs/cgroup/cpu/docker/cpu.shares"): 4 * 1024,
    Path("/sys/fs/cgroup/docker/cpu.weight"): 4 * 100,
}


def start() -> None:
    """Start Docker Engine and wait until it answers."""
    if Path("/run/systemd/system").is_dir():
        shell.run("systemctl", "enable", "--now", "docker", what="Starting docker")
        wait_for(SOCKET)
        return
    run = cache.root() / "run"
    run.mkdir(parents=True, exist_ok=True)
    for pid_file in (run / "dockerd.pid", CONTAINERD_PID_FILE):
        forget_ended(pid_file, program=pid_file.stem)
    command = ["dockerd", "--pidfile", str(run / "dockerd.pid")]
    # The kernel forwards what comes over loopback too, as it does what comes from outside.
    launch([*command, "--userland-proxy=false"], log=run / "dockerd.log")
    for file, shares in SHARES.items():
        _write(file, str(shares))


def _write(file: Path, text: str) -> None:
    """Write to a file of the kernel's; one that this machine does not have is left alone."""
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


def forget_ended(pid_file: Path, *, program: str) -> None:
    """Remove the file of a daemon that was killed: its number may be another program's by now.

    The daemon itself only looks whether any process has that number, and refuses to start.
    """
    try:
        words = Path(f"/proc/{int(pid_file.read_text())}/cmdline").read_text().split("\0")
    except (OSError, ValueError):
        words = [""]
    if Path(words[0]).name != program:
        pid_file.unlink(missing_ok=True)


def launch(command: list[str], *, log: Path, endpoint: str = SOCKET) -> int:
    """Start a daemon that outlives us, wait until it answers at `endpoint`; its process id."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        began = output.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(endpoint, process)
    except SetupError as failure:
        with log.open("rb") as said:
            said.seek(began)
            lines = said.read().decode(errors="replace").splitlines()[-SHOWN_LINES:]
        last = "\n".join(f"  {line}" for line in lines)
        raise SetupError(f"{failure}\n{last}\nWhole log: {log}") from failure
    # It outlives us: this process does not wait for it, and Python need not warn of that.
    process.returncode = 0
    return process.pid


def wait_for(endpoint: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return when Docker Engine answers; raises SetupError when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return ping(endpoint)
        except Unusable as reason:
            if process is not None and process.poll() is not None:
                raise SetupError("Docker Engine did not start.") from reason
            if time.monotonic() > deadline:
                raise SetupError(f"Docker Engine does not answer at {endpoint}.") from reason
            time.sleep(0.2)
