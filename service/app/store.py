"""Where the bytes of uploads are: a directory, or a bucket (see s3.py)."""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol

from app.errors import Failed, NotFound
from app.settings import Settings

log = logging.getLogger(__name__)

IN_MEMORY = 1024 * 1024
PIECE = 256 * 1024


@dataclass(frozen=True)
class OnDisk:
    """Stored bytes in a file, held open: deleting it meanwhile does not cut the answer short."""

    file: IO[bytes]
    stat: os.stat_result


@dataclass(frozen=True)
class Streamed:
    """Stored bytes that come piece by piece; reading may begin only once."""

    size: int
    etag: str | None
    modified: datetime
    pieces: AsyncIterator[bytes]


class Store(Protocol):
    """Keeps bytes under generated names. Its failures are `Failed`, after a line in the log."""

    def spool(self) -> IO[bytes]:
        """A nameless place for an upload that is not accepted yet."""
        ...

    async def put(self, name: str, content: IO[bytes]) -> None:
        """All of it or, after an error, nothing; replaces what has the name."""
        ...

    async def open(self, name: str) -> OnDisk | Streamed:
        """Raises NotFound when there is nothing of that name."""
        ...

    async def remove(self, name: str) -> None:
        """Does nothing when there is nothing of that name."""
        ...


def failed(doing: str, name: str, reason: object) -> Failed:
    """Logs the reason, which clients need not know."""
    line = str(reason).partition("\n")[0][:300]
    log.error("the file store failed", extra={"doing": doing, "stored": name, "reason": line})
    return Failed("The file store does not work at the moment")


def missing() -> NotFound:
    return NotFound("There is no such file")


class Directory:
    """A directory on a volume that all instances share."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.upload_dir.absolute()

    def spool(self) -> IO[bytes]:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise failed("make", self._root.name, error.strerror) from error
        # On the same volume: the container's own file system may be read-only.
        return SpooledTemporaryFile(IN_MEMORY, dir=str(self._root))

    async def put(self, name: str, content: IO[bytes]) -> None:
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise failed("write", name, error.strerror) from error

    async def open(self, name: str) -> OnDisk:
        path = self._root / name
        try:
            return await asyncio.to_thread(self._hold, path)
        except FileNotFoundError as error:
            raise missing() from error
        except OSError as error:
            raise failed("read", name, error.strerror) from error

    async def remove(self, name: str) -> None:
        try:
            await asyncio.to_thread((self._root / name).unlink, missing_ok=True)
        except OSError as error:
            raise failed("remove", name, error.strerror) from error

    def _hold(self, path: Path) -> OnDisk:
        if not path.is_file():
            raise missing()
        file = path.open("rb")
        return OnDisk(file, os.fstat(file.fileno()))

    def _write(self, name: str, content: IO[bytes]) -> None:
        """Beside its place first, so that nobody ever sees half a file."""
        part = self._root / f".{name}.{token_hex(4)}"
        try:
            with part.open("xb") as target:
                shutil.copyfileobj(content, target, PIECE)
                target.flush()
                os.fsync(target.fileno())
            part.replace(self._root / name)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def store(settings: Settings) -> Store:
    """The one that the settings name."""
    if settings.storage_provider == "local":
        return Directory(settings)
    from app.s3 import Bucket

    return Bucket(settings)
