"""A Debian trixie, unpacked once and shared by everything that is built on it."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.setup import cache, shell
from tools.setup.errors import SetupError

SUITE = "trixie"
# What containers and a chroot need on top of Debian's minimum.
PACKAGES = "ca-certificates"


def tarball() -> Path:
    """A tar file of a minimal system."""

    def make(directory: Path) -> None:
        root = directory / "root"
        bootstrap(root)
        subprocess.run(
            ["tar", "--numeric-owner", "-C", root, "-cf", directory / "root.tar", "."], check=True
        )
        shutil.rmtree(root)

    return cache.made(f"debian-{SUITE}-1", make) / "root.tar"


def unpack(root: Path) -> None:
    """Lay a minimal system down at `root`."""
    root.mkdir(parents=True, exist_ok=True)
    shell.run("tar", "--numeric-owner", "-C", root, "-xpf", tarball(), what="Unpacking Debian")


def bootstrap(root: Path) -> None:
    """Make a minimal system at `root` from Debian's packages."""
    if os.geteuid() != 0:
        raise SetupError("Making base images from Debian packages needs root.")
    if shutil.which("debootstrap") is None:
        shell.apt_install("debootstrap")
    # The time of its packages is that of the mirror; a first run may have no list of suites.
    arguments = ("--variant=minbase", f"--include={PACKAGES}", SUITE, root)
    shell.run("debootstrap", *arguments, what="Unpacking Debian")
    shutil.rmtree(root / "var" / "cache" / "apt" / "archives", ignore_errors=True)
    (root / "var" / "cache" / "apt" / "archives" / "partial").mkdir(parents=True)
