"""Debian trixie's Docker Compose, which runs on older releases as well."""

import shutil
import tempfile
from pathlib import Path

from tools.lab import debian
from tools.setup import cache, shell

PLUGIN = Path("usr/libexec/docker/cli-plugins/docker-compose")


def binary() -> Path:
    """The plugin's file."""

    def make(directory: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            debian.unpack(root)
            script = (
                "apt-get update && cd /tmp && apt-get download docker-compose"
                " && dpkg-deb -x docker-compose_*.deb unpacked"
            )
            shell.run("chroot", root, "sh", "-c", script, what="Fetching Docker Compose")
            shutil.copy2(root / "tmp" / "unpacked" / PLUGIN, directory / PLUGIN.name)

    return cache.made("compose-trixie", make) / PLUGIN.name
