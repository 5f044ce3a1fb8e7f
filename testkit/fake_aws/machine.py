"""A machine from inside: the first process of its namespaces.

It lays its own files over those of the real machine, carries out the cloud-init file it was given,
and serves ssh. Run by machines.py, in the namespaces.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from bootstrap.paths import ROOT
from testkit.fake_aws import cloud_init, machines, metadata, packages, sshd, units

BOOT_SECONDS = 4
"""A real machine takes longer; the program must not expect it at once."""
OVERLAID = ("/etc", "/usr/local", "/opt", "/var/lib")
EMPTY = ("/run", "/home", "/var/log")
FIRST = 1
OFF_SECONDS = 20
PROGRAM = f'#!/bin/sh\nexec {sys.executable} -m testkit.fake_aws.{{module}} "$@"\n'
PROGRAMS = {"/usr/local/bin/dnf": "packages", "/usr/local/bin/systemctl": "units"}
"""Commands inside the machine, by the module that answers for each."""


def main(place: Path) -> int:
    """Boot, serve, and end when switched off."""
    signal.signal(signal.SIGTERM, _switched_off)
    first = not (place / "root").exists()
    _lay_files(place / "root")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    _lay_console(place)
    _relay_registry(place.parent)
    metadata.start((place / "hops").read_text())
    subprocess.Popen([sys.executable, "-m", "testkit.fake_aws.names"], cwd=ROOT)
    time.sleep(BOOT_SECONDS)
    if first:
        _first_boot(place)
    else:
        subprocess.run(["mount", "--all"], check=True)
        sshd.start()
        if (units.INSTALLED / "docker").exists():
            units.start("docker")
        units.start(units.BOOTSTRAP)
    while True:
        _reap()


def _first_boot(place: Path) -> None:
    for name, module in PROGRAMS.items():
        cloud_init.write(Path(name), PROGRAM.format(module=module), mode=0o755)
    Path("/etc/fstab").write_text("")
    # The SSM agent brings itself up to date while set-up begins (amazon-linux-2023 issue 397).
    command = [sys.executable, "-m", "testkit.fake_aws.packages"]
    subprocess.Popen([*command, "hold-lock", str(packages.AGENT_SECONDS)], cwd=ROOT)
    subprocess.Popen([*command, "lose-network", str(packages.LOST_SECONDS)], cwd=ROOT)
    settings = cloud_init.read(place / "user-data")
    cloud_init.early(settings)
    sshd.start()
    log = Path("/var/log/cloud-init-output.log")
    cloud_init.late(settings, log)
    # As on the real one, the group that may read logs reads it.
    subprocess.run(["chgrp", "adm", str(log)], check=True)


def _lay_files(root: Path) -> None:
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    for path in OVERLAID:
        upper, work = root / path[1:] / "upper", root / path[1:] / "work"
        upper.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        options = f"lowerdir={path},upperdir={upper},workdir={work}"
        command = ["mount", "-t", "overlay", "overlay", "-o", options, path]
        subprocess.run(command, check=True)
    for path in EMPTY:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", path], check=True)
    # Docker's own overlays cannot lie on one.
    docker = root / "docker"
    docker.mkdir(exist_ok=True)
    Path("/var/lib/docker").mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(docker), "/var/lib/docker"], check=True)
    home = root / "home"
    home.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(home), "/home"], check=True)


def _lay_console(place: Path) -> None:
    # This machine's own is none of a machine's business.
    console = machines.console(place.name)
    console.touch()
    subprocess.run(["mount", "--bind", str(console), "/dev/console"], check=True)


def _relay_registry(machines: Path) -> None:
    port = os.environ["TASKMANAGER_FAKE_REGISTRY"]
    socket = machines / "registry.sock"
    command = [sys.executable, "-m", "testkit.fake_aws.relay", f"127.0.0.1:{port}", str(socket)]
    subprocess.Popen(command, cwd=ROOT)


def _reap() -> None:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(1)


def _switched_off(_number: int, _frame: FrameType | None) -> None:
    # As the init system does: every process is asked to end and gets time. Not `docker stop`, after
    # which Docker Engine restarts no container. The file systems are unmounted last.
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in _others():
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + OFF_SECONDS
        while _others() and time.monotonic() < deadline:
            with suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(0.02)
    subprocess.run(["sync"], check=False)
    os._exit(0)


def _others() -> list[int]:
    """Every process of the machine but this one, the first of its namespace."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if pid != FIRST] if os.getpid() == FIRST else []


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
