"""`docker compose`, for `make dev` alone: a deployment does without."""

import re
from pathlib import Path

from bootstrap import shell
from bootstrap.errors import SetupError
from bootstrap.offline import compose as offline
from bootstrap.sources import OutOfReach, official_or_offline

INSTALL_PAGE = "https://docs.docker.com/compose/install/linux/"
# Docker's own package, Ubuntu's, Debian's (which was version 1 up to bookworm).
PACKAGES = ("docker-compose-plugin", "docker-compose-v2", "docker-compose")


def ensure() -> str:
    """Have `docker compose`; says which and where from."""
    if version := installed():
        return f"{version}, already installed"
    _, way = official_or_offline(_install_package, lambda: _link(offline.binary()))
    version = installed()
    if version is None:
        raise SetupError(f"`docker compose` still fails. Install it: {INSTALL_PAGE}")
    return f"{version}, {'from a package' if way == 'official' else 'built from Debian trixie'}"


def installed() -> str | None:
    """The version of the compose plugin that the docker command finds."""
    return shell.answer("docker", "compose", "version", "--short")


def _install_package() -> None:
    if not shell.can_apt():
        raise OutOfReach(f"needs root on a Debian-like system, or by hand: {INSTALL_PAGE}")
    for package in PACKAGES:
        policy = shell.answer("apt-cache", "policy", package) or ""
        found = re.search(r"Candidate: (?:\d+:)?(\d+)\.", policy)
        if found and int(found[1]) >= 2:
            shell.apt_install(package)
            return
    raise OutOfReach("no package of version 2 here")


def _link(binary: Path) -> None:
    link = Path.home() / ".docker" / "cli-plugins" / "docker-compose"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(binary)
