"""The Pulumi CLI and its Docker plugin, in the versions that requirements.txt pins."""

import hashlib
import http.client
import os
import platform
import shutil
import sys
import tarfile
import urllib.error
import urllib.request
import zlib
from pathlib import Path

from bootstrap import cache, shell
from bootstrap.errors import SetupError
from bootstrap.offline import pulumi as offline
from bootstrap.paths import pinned
from bootstrap.sources import CONNECT_SECONDS, OutOfReach, official_or_offline, reachable

SITE = "https://get.pulumi.com"
RELEASES = "https://github.com/pulumi/pulumi/releases/download"
CHECKSUMS = Path(__file__).with_suffix(".sha256")
"""Of the releases, as Pulumi publishes them beside each; Renovate renews them with the version."""
# Errors of a download. A full disk is none of them: there a build would fail as well.
NOT_TO_BE_HAD = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    tarfile.TarError,
    EOFError,
    zlib.error,
)
WHERE_FROM = {"offline": "built from Go modules", "official": f"from {RELEASES}"}


def ensure_cli() -> tuple[Path, str]:
    """The folder that holds `pulumi`, and where it came from."""
    version = pinned("pulumi")
    if installed := _installed(version):
        return installed, f"{version}, already installed"
    if official := cache.kept(f"pulumi-{version}"):
        return official, f"{version}, {WHERE_FROM['official']}"
    if built := cache.kept(offline.cli_name(version)):
        return built, f"{version}, {WHERE_FROM['offline']}"
    found, way = official_or_offline(lambda: _download(version), lambda: offline.cli(version))
    return found, f"{version}, {WHERE_FROM[way]}"


def ensure_plugin(cli: Path) -> tuple[Path | None, str]:
    """PULUMI_HOME, or None for the default one; and where the plugin came from."""
    version = pinned("pulumi-docker")
    if (_own_home() / "plugins" / f"resource-docker-v{version}").is_dir():
        return None, f"{version}, already installed"
    if built := cache.kept(offline.home_name(version)):
        return built, f"{version}, {WHERE_FROM['offline']}"

    def official() -> None:
        if not reachable(SITE):
            raise OutOfReach(f"{SITE} does not answer")
        what = "Installing the Docker plugin"
        command = (cli / "pulumi", "plugin", "install", "resource", "docker", version)
        try:
            shell.run(*command, what=what, timeout=600)
        except SetupError as failure:
            raise OutOfReach(str(failure)) from failure

    home, way = official_or_offline(official, lambda: offline.home(version))
    return home, f"{version}, {WHERE_FROM[way]}"


def _own_home() -> Path:
    """The folder of this person's plugins of Pulumi; set-up keeps those that it built elsewhere."""
    chosen = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    ours = chosen.resolve().is_relative_to(cache.root().resolve())
    return Path.home() / ".pulumi" if ours else chosen


def _installed(version: str) -> Path | None:
    """The folder of an installed Pulumi of exactly this version; other versions are not used."""
    command = shutil.which("pulumi")
    if command is None:
        return None
    directory = Path(command).resolve().parent
    if directory.is_relative_to(cache.root().resolve()):
        return None
    complete = shutil.which("pulumi-language-python", path=str(directory)) is not None
    same = shell.answer(command, "version") == f"v{version}"
    return directory if complete and same else None


def _download(version: str) -> Path:
    if not reachable(RELEASES):
        raise OutOfReach(f"{RELEASES} does not answer")
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x64"
    name = f"pulumi-v{version}-{sys.platform}-{machine}.tar.gz"

    def make(directory: Path) -> None:
        archive = directory / name
        url = f"{RELEASES}/v{version}/{name}"
        try:
            _fetch(url, archive)
            _check(archive, url)
            _unpack(archive, directory)
        except NOT_TO_BE_HAD as failure:
            raise OutOfReach(f"{url}: {failure}") from failure
        archive.unlink()

    return cache.made(f"pulumi-{version}", make)


def _fetch(url: str, file: Path) -> None:
    answer = urllib.request.urlopen(url, timeout=CONNECT_SECONDS)  # noqa: S310 - https, ours
    with answer, file.open("wb") as opened:
        shutil.copyfileobj(answer, opened)


def _check(archive: Path, url: str) -> None:
    """Return when the file is the release; raises OutOfReach: a build from modules is proved."""
    lines = [line.split() for line in CHECKSUMS.read_text().splitlines()]
    wanted = {name: checksum for checksum, name in lines}
    with archive.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if digest != wanted.get(archive.name):
        raise OutOfReach(
            f"{url} has the SHA-256 {digest}; accepted: {wanted.get(archive.name, 'none')}, "
            f"by {CHECKSUMS.name}"
        )


def _unpack(archive: Path, directory: Path) -> None:
    with tarfile.open(archive) as packed:
        for member in packed:
            content = packed.extractfile(member)
            if content and member.name.startswith("pulumi/"):
                # Not by extract(), whose `filter` Python 3.12 asks for and 3.11.2 does not know.
                target = directory / Path(member.name).name
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)
                target.chmod(member.mode)
