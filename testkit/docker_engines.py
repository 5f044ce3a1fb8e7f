"""Private Docker Engines for tests: each with its own data, network and socket."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from bootstrap import cache, dockerd, shell
from bootstrap.offline import debian
from testkit import daemons
from testkit.networks import Network

Store = Literal["classic", "containerd"]
# The first that has the containerd image store as a plain switch.
FIRST_WITH_CONTAINERD_STORE = 26


def start(name: str, *, store: Store = "classic") -> str:
    """Start the Docker Engine `name`, unless it runs; returns its endpoint."""
    endpoint = f"unix://{_run(name) / 'docker.sock'}"
    if daemons.running(_pid_file(name), _mark(name)):
        return endpoint
    stop(name)
    kept = data(name)
    kept.mkdir(parents=True, exist_ok=True)
    _run(name).mkdir(parents=True)
    Network(name).lay()
    try:
        _launch(name, store=store)
    except BaseException:
        stop(name)
        raise
    return endpoint


def start_again(name: str, *, store: Store = "classic") -> None:
    """Start a killed Docker Engine, as an init system does; its containers have kept running."""
    # Numbers of processes that are gone, which would be taken for live ones.
    for file in _pid_files(name):
        file.unlink(missing_ok=True)
    _launch(name, store=store)


def kill(name: str) -> None:
    """Kill the Docker Engine, as a crash does; its containers keep running."""
    for file in _pid_files(name):
        if pid := daemons.running(file, _mark(name)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            daemons.end(pid)


def stop(name: str, *, purge: bool = False) -> None:
    """Stop the Docker Engine and all its processes; `purge` removes its images and volumes too."""
    if pid := daemons.running(_pid_file(name), _mark(name)):
        daemons.end(pid)
    daemons.end_all(str(_run(name)) + "/")
    for mount in _mounts_below(_run(name), data(name)):
        shell.answer("umount", "--lazy", mount)
    Network(name).lift()
    shutil.rmtree(_run(name), ignore_errors=True)
    if purge:
        shutil.rmtree(data(name), ignore_errors=True)


@contextmanager
def running(name: str, *, store: Store = "classic", purge: bool = False) -> Iterator[str]:
    """An engine for the length of a block; its images stay for the next, unless purged."""
    try:
        yield start(name, store=store)
    finally:
        stop(name, purge=purge)


def _launch(name: str, *, store: Store) -> None:
    # A dockerd with address pools of its own deletes docker0, also that of another
    # Docker Engine, when it starts for the second time; unless containers may have outlived it.
    settings = _write_settings(data(name), store=store, live_restore=True)
    path = os.pathsep.join([*map(str, _programs(store)), os.environ.get("PATH", os.defpath)])
    endpoint = f"unix://{_run(name) / 'docker.sock'}"
    command = _command(name, settings=settings, network=Network(name), path=path, endpoint=endpoint)
    pid = dockerd.launch(command, log=data(name) / "dockerd.log", endpoint=endpoint)
    # From here on its containers are to end with it.
    _write_settings(data(name), store=store, live_restore=False)
    os.kill(pid, signal.SIGHUP)


def _command(name: str, *, settings: Path, network: Network, path: str, endpoint: str) -> list[str]:
    return [
        *("env", f"PATH={path}", shutil.which("dockerd", path=path) or "dockerd"),
        *("--config-file", str(settings), "--host", endpoint, "--pidfile", str(_pid_file(name))),
        *("--data-root", str(data(name) / "data"), "--exec-root", str(_run(name) / "exec")),
        # With systemd a containerd is shared with the main engine.
        *("--containerd-namespace", _mark(name)),
        *("--containerd-plugins-namespace", f"{_mark(name)}-plugins"),
        *("--bridge", network.bridge, "--iptables=false", "--ip6tables=false"),
        *("--default-address-pool", f"base={network.pool},size=24"),
    ]


def _write_settings(data: Path, *, store: Store, live_restore: bool) -> Path:
    file = data / "daemon.json"
    features = {"containerd-snapshotter": store == "containerd"}
    file.write_text(json.dumps({"features": features, "live-restore": live_restore}))
    return file


def _programs(store: Store) -> list[Path]:
    """The folder of dockerd, before those of PATH; None if the machine's own will do."""
    if shutil.which("dockerd") is None:
        shell.apt_install("docker.io")
    if store == "classic" or _own_version() >= FIRST_WITH_CONTAINERD_STORE:
        return []
    # Not runc: that one needs trixie's libc, and the machine's own does.
    files = debian.programs("engine", "docker.io", "containerd", "tini")
    return [files / "usr" / "sbin", files / "usr" / "bin"]


def _own_version() -> int:
    """The major version of the machine's dockerd: `Docker version 20.10.24+dfsg1, build …`."""
    words = (shell.answer("dockerd", "--version") or "Docker version 0.0").split()
    return int(words[2].partition(".")[0])


def _mounts_below(*directories: Path) -> list[str]:
    """Innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    prefixes = tuple(f"{directory}/" for directory in directories)
    return sorted((mount for mount in mounts if mount.startswith(prefixes)), reverse=True)


def _run(name: str) -> Path:
    """Sockets and process ids; short, for a socket's path may not be long."""
    return Path("/run") / _mark(name)


def data(name: str) -> Path:
    """The folder of the Docker Engine's data, on a disk of its own."""
    return cache.root() / "engines" / name


def _pid_file(name: str) -> Path:
    return _run(name) / "dockerd.pid"


def _pid_files(name: str) -> tuple[Path, Path]:
    """Those of dockerd and of the containerd that it started and takes along."""
    return _pid_file(name), _run(name) / "exec" / "containerd" / "containerd.pid"


def _mark(name: str) -> str:
    return f"taskmanager-{name}"
