"""Debian trixie's Docker Compose, which runs on older releases as well."""

from pathlib import Path

from bootstrap.offline import debian


def binary() -> Path:
    """The plugin's file."""
    files = debian.programs("compose", "docker-compose")
    return files / "usr" / "libexec" / "docker" / "cli-plugins" / "docker-compose"
