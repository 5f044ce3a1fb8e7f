"""An sshd for a machine, run from Debian's package without installing it."""

import os
import subprocess
from pathlib import Path

from bootstrap import cache, shell

PACKAGES = ("openssh-server", "libwrap0")
SETTINGS = """\
Include /etc/ssh/sshd_config.d/*.conf
UsePAM no
"""


def files() -> Path:
    """The unpacked packages, for the Debian that this is."""

    def make(directory: Path) -> None:
        fetch = f"cd {directory} && apt-get download {' '.join(PACKAGES)}"
        try:
            shell.run("sh", "-ec", fetch, what="Fetching sshd")
        except Exception:
            shell.run("apt-get", "update", what="apt-get update")
            shell.run("sh", "-ec", fetch, what="Fetching sshd")
        for package in directory.glob("*.deb"):
            shell.run("dpkg-deb", "-x", package, directory, what="Unpacking sshd")

    return cache.made("sshd", make)


def start() -> None:
    """Serve ssh inside the machine, on its usual port."""
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    Path("/etc/ssh").mkdir(exist_ok=True)
    Path("/etc/ssh/sshd_config").write_text(SETTINGS)
    known = subprocess.run(["getent", "passwd", "sshd"], check=False, capture_output=True)
    if known.returncode != 0:
        words = ["--system", "--no-create-home", "--home-dir", "/run/sshd"]
        subprocess.run(["useradd", *words, "--shell", "/usr/sbin/nologin", "sshd"], check=True)
    [libraries] = {path.parent for path in files().glob("**/libwrap.so.0")}
    subprocess.Popen(
        [files() / "usr" / "sbin" / "sshd", "-D", "-e"],
        env={**os.environ, "LD_LIBRARY_PATH": str(libraries)},
    )
