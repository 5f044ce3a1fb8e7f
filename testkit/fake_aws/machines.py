"""A stand-in for EC2, seen from outside: machines that boot, disks that are attached, an address.

A machine is a set of namespaces of this one, held by a process whose id is in its folder. All of it
ends with that process.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bootstrap.paths import ROOT
from testkit import daemons

ADDRESS, GATEWAY = "198.18.77.10", "198.18.77.1"
"""From the range that RFC 2544 reserves for tests of networks."""
LINK = "tm-ec2"
BY_ID = Path("/dev/disk/by-id")
STOP_SECONDS = 30
NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def folder() -> Path:
    """The folder of this rehearsal's machines and disks."""
    return Path(os.environ["TASKMANAGER_FAKE_MACHINES"])


def boot(name: str, user_data: str, *, hops: int) -> None:
    """Start a new machine; it can be used some seconds later."""
    (folder() / name).mkdir(parents=True)
    set_hops(name, hops)
    (folder() / name / "user-data").write_text(user_data)
    start(name)


def set_hops(name: str, hops: int) -> None:
    """How far answers of the metadata service travel; a machine that is on learns it at its next
    start.
    """
    (folder() / name / "hops").write_text(str(hops))


def start(name: str) -> None:
    """Switch a machine on, without an address: the network is there, its place in it is not."""
    place = folder() / name
    with (place / "console.log").open("ab") as console:
        holder = subprocess.Popen(
            ["unshare", *NAMESPACES, sys.executable, "-m", "testkit.fake_aws.machine", str(place)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(name).write_text(str(holder.pid))
    _wait_for_namespace(holder.pid)
    _ip("link", "del", LINK, check=False)
    _ip("link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
    _ip("addr", "add", f"{GATEWAY}/24", "dev", LINK)
    _ip("link", "set", LINK, "up")
    if (place / "addressed").exists():
        give_address(name)


def give_address(name: str) -> None:
    """Make the machine reachable at ADDRESS."""
    (folder() / name / "addressed").touch()
    inside = ["nsenter", f"--net=/proc/{holder(name)}/ns/net", "ip"]
    for words in (
        ["addr", "add", f"{ADDRESS}/24", "dev", "eth0"],
        ["link", "set", "eth0", "up"],
        ["route", "add", "default", "via", GATEWAY],
    ):
        subprocess.run([*inside, *words], check=True)


@contextmanager
def unplugged() -> Iterator[None]:
    """Nothing reaches a machine, and it reaches nothing, for the length of a block."""
    _ip("link", "set", LINK, "down")
    try:
        yield
    finally:
        _ip("link", "set", LINK, "up")


def plugged_in() -> bool:
    """Whether a machine reaches anything."""
    command = ["ip", "-oneline", "link", "show", LINK, "up"]
    return bool(subprocess.run(command, check=False, capture_output=True).stdout)


def take_address(name: str) -> None:
    """Leave the machine without an address."""
    (folder() / name / "addressed").unlink(missing_ok=True)
    if pid := holder(name):
        words = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "link", "set", "eth0", "down"]
        subprocess.run(words, check=False)


def stop(name: str) -> None:
    """Switch a machine off: its processes get time to end."""
    pid = holder(name)
    if pid is None:
        return
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while daemons.command_line(pid) and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.1)
    kill(name)


def kill(name: str) -> None:
    """End a machine as a power cut does."""
    pid = holder(name)
    if pid is not None:
        daemons.end(pid)
    _pid_file(name).unlink(missing_ok=True)


def hang(name: str) -> None:
    """Let a machine answer nothing, no request to stop either; EC2 says that it is running."""
    (folder() / name / "hangs").touch()
    kill(name)


def hangs(name: str) -> bool:
    """Whether a machine answers nothing, though it is on."""
    return (folder() / name / "hangs").exists()


def terminate(name: str) -> None:
    """Stop a machine and forget all that was on it."""
    stop(name)
    shutil.rmtree(folder() / name, ignore_errors=True)


def holder(name: str) -> int | None:
    """The process that holds the namespaces of a machine that is on."""
    return daemons.running(_pid_file(name), name)


def console(name: str) -> Path:
    """The file that a machine writes to as its console."""
    return folder() / name / "console"


def make_disk(name: str, gib: int) -> None:
    disks = folder() / "disks"
    disks.mkdir(parents=True, exist_ok=True)
    with (disks / name).open("wb") as disk:
        disk.truncate(gib << 30)


def remove_disk(name: str) -> None:
    (folder() / "disks" / name).unlink(missing_ok=True)


def attach_disk(name: str) -> None:
    """Make the disk a block device, under the name that EC2 gives it."""
    command = ["losetup", "--find", "--show", str(folder() / "disks" / name)]
    device = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    BY_ID.mkdir(parents=True, exist_ok=True)
    _link(name).unlink(missing_ok=True)
    _link(name).symlink_to(device)


def detach_disk(name: str) -> None:
    link = _link(name)
    if link.is_symlink():
        subprocess.run(["losetup", "--detach", str(link.resolve())], check=False)
        link.unlink()


def remove_all() -> None:
    """Leave nothing of a rehearsal: machines, disks, addresses."""
    for place in [*folder().glob("i-*")]:
        kill(place.name)
    for disk in [*folder().glob("disks/*")]:
        detach_disk(disk.name)
    _ip("link", "del", LINK, check=False)
    shutil.rmtree(folder(), ignore_errors=True)


def _link(volume: str) -> Path:
    return BY_ID / f"nvme-Amazon_Elastic_Block_Store_{volume.replace('-', '', 1)}"


def _pid_file(name: str) -> Path:
    return folder() / name / "holder.pid"


def _wait_for_namespace(pid: int) -> None:
    own = os.readlink("/proc/self/ns/net")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError):
            if os.readlink(f"/proc/{pid}/ns/net") != own:
                return
        time.sleep(0.02)
    raise OSError("the machine's namespaces were not made; this needs root")


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=not check)
