"""Debian trixie: a minimal system for the base images, and single programs out of its packages."""

import os
import shutil
import tempfile
from pathlib import Path

from bootstrap import cache, shell
from bootstrap.errors import SetupError
from bootstrap.paths import OFFLINE

SUITE = "trixie"
# Taken along into the images that are built on it.
CLEANER = OFFLINE / "images" / "debian" / "clean-packages"


def tarball() -> Path:
    """A tar file of a minimal system, made once and shared."""

    def make(directory: Path) -> None:
        root = directory / "root"
        _bootstrap(root)
        target = directory / "root.tar"
        shell.run("tar", "--numeric-owner", "-C", root, "-cf", target, ".", what="Packing Debian")
        shutil.rmtree(root)

    return cache.made(f"debian-{SUITE}-{cache.fingerprint([CLEANER])}", make) / "root.tar"


def programs(name: str, *packages: str) -> Path:
    """A directory with the files of `packages`, not installed: their programs run from there.

    What is written in Go needs only a libc that Debian 12 and Ubuntu 22.04 have.
    """

    def make(directory: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch) / "root"
            root.mkdir()
            shell.run("tar", "-C", root, "-xpf", tarball(), what="Unpacking Debian")
            script = (
                f"apt-get update && cd /tmp && apt-get download {' '.join(packages)}"
                " && for file in *.deb; do dpkg-deb -x $file unpacked; done"
            )
            shell.run("chroot", root, "sh", "-ec", script, what=f"Fetching {' '.join(packages)}")
            shutil.copytree(root / "tmp" / "unpacked", directory, symlinks=True, dirs_exist_ok=True)

    return cache.made(f"{name}-{SUITE}", make)


def _bootstrap(root: Path) -> None:
    if os.geteuid() != 0:
        raise SetupError("Making stand-ins from Debian packages needs root.")
    if shutil.which("debootstrap") is None:
        shell.apt_install("debootstrap")
    arguments = ("--variant=minbase", "--include=ca-certificates", SUITE, root)
    shell.run("debootstrap", *arguments, what="Unpacking Debian")
    cleaner = Path(shutil.copy2(CLEANER, root / "usr" / "bin"))
    # An unpacked archive of the project may have no modes.
    cleaner.chmod(0o755)
    shell.run("chroot", root, "clean-packages", what="Trimming Debian")
