"""The folder `service/` as other machines check it out, or as people leave it behind."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from bootstrap.paths import ROOT

SECRET_FILES = (
    ".env",
    ".env.production",
    "production.env",
    "app/.env.local",
    "app/settings/server.key",
    "app/private.pem",
    "migrations/id_ed25519",
    "id_rsa",
    "credentials.json",
    ".venv/bin/activate",
    ".git/config",
    "node_modules/left-pad/index.js",
    "app/node_modules/left-pad/index.js",
    "backup.sql",
    "uploads/7.png",
)
"""Of a service folder, relative to it: none belongs into an image."""
SECRET = "hunter2-of-a-person"


def service_in(folder: Path) -> Path:
    """A copy of `service/` in `folder`, without compiled files."""
    copy = folder / "service"
    shutil.copytree(ROOT / "service", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def leave_secrets(service: Path, files: Iterable[str] = SECRET_FILES) -> None:
    """Write `files`, each with SECRET in it, into the folder `service`."""
    for name in files:
        file = service / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"PASSWORD={SECRET}\n")


def make_private(service: Path) -> None:
    """As by umask 077 and from a zip archive that has no modes: no file is executable."""
    for path in (service, *service.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def write_crlf(service: Path) -> None:
    """End every line of the text files as Windows does."""
    for path in service.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".sh", ".ini", ".mako", ".lock", ".txt"):
            path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
