"""Runs other programs: quietly when they succeed, with their last words when they fail."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

from bootstrap import cache
from bootstrap.errors import SetupError

SHOWN_LINES = 15
FULL_BELOW_BYTES = 16 * 1024 * 1024
# Two steps may want packages at the same time; dpkg allows one.
_apt = threading.Lock()


def run(
    *command: str | Path,
    what: str,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Run `command`; its output goes to a log named after `what`.

    Raises SetupError with the log's last lines when it fails.
    """
    log = cache.root() / "log" / f"{what.lower().replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        try:
            done = subprocess.run(
                [str(word) for word in command],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError as missing:
            raise SetupError(f"{what} needs {command[0]}, which is not installed.") from missing
        except subprocess.TimeoutExpired as late:
            raise SetupError(f"{what} took longer than {timeout:.0f} s. Log: {log}") from late
    if done.returncode != 0:
        raise SetupError(f"{what} failed.\n{_last_words(log)}\nWhole log: {log}")


def answer(*command: str | Path, timeout: float = 20) -> str | None:
    """The output of `command`, or None when it fails, is missing or hangs."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def apt_install(*packages: str) -> None:
    """Install Debian packages; the package lists are renewed only if that fails without."""
    if not can_apt():
        raise SetupError(
            f"Missing on this machine: {', '.join(packages)}. "
            "Install it with your package manager and run this again."
        )
    # Another program may be installing at this moment.
    patience = ("-o", "DPkg::Lock::Timeout=300")
    install = ("apt-get", *patience, "install", "-y", "--no-install-recommends", *packages)
    what, quiet = f"Installing {' '.join(packages)}", {"DEBIAN_FRONTEND": "noninteractive"}
    with _apt:
        try:
            run(*install, what=what, env=quiet)
        except SetupError:
            run("apt-get", "update", what="apt-get update")
            run(*install, what=what, env=quiet)


def can_apt() -> bool:
    """Whether packages can be installed here: root on a Debian-like system."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    said = "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:])
    # A full disk takes the log as well.
    full = shutil.disk_usage(log.parent).free < FULL_BELOW_BYTES
    if full or "No space left on device" in said:
        return f"The disk is full: free some gigabytes and run this again.\n{said}"
    return said
