"""Things that are expensive to make, kept across runs and across clones of the repository."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

MARK = ".complete"


def root() -> Path:
    """The directory everything lies in; it may be deleted at any time."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "taskmanager"


def fingerprint(sources: Iterable[Path], *extra: str) -> str:
    """Eight hex digits over names, modes and contents: changed sources are made anew."""
    digest = hashlib.sha256("\0".join(extra).encode())
    for source in sources:
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                name = str(file.relative_to(source.parent))
                content = file.read_bytes()
                # A script is executable, also where a checkout has no modes.
                executable = content.startswith(b"#!") or os.access(file, os.X_OK)
                digest.update(f"{name}\0{executable}\0".encode() + content + b"\0")
    return digest.hexdigest()[:8]


def kept(name: str) -> Path | None:
    """The directory called `name` if it is there, as a whole."""
    final = root() / name
    return final if (final / MARK).is_file() else None


def made(name: str, make: Callable[[Path], None]) -> Path:
    """The directory called `name`, made by `make` if it is not there.

    It appears as a whole or not at all: `make` works beside it, under a lock, and what an
    interrupted run left is swept away by the next.
    """
    if found := kept(name):
        return found
    final = root() / name
    root().mkdir(parents=True, exist_ok=True)
    with (root() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := kept(name):
            return found
        for left_over in root().glob(f".{name}.making-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        making = root() / f".{name}.making-{os.getpid()}"
        making.mkdir()
        try:
            make(making)
            (making / MARK).touch()
            # Without the mark it is what a program made that was told to keep its files there.
            shutil.rmtree(final, ignore_errors=True)
            making.rename(final)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return final
