"""A file store in a directory, on a volume that all instances share."""

import asyncio
import os
import shutil
from pathlib import Path
from secrets import token_hex
from tempfile import SpooledTemporaryFile
from typing import IO

from app.settings import Settings
from app.storage.store import IN_MEMORY, PIECE, OnDisk, failed, missing


class Directory:
    """Stores files in the directory UPLOAD_DIR."""

    def __init__(self, settings: Settings) -> None:
        self._root = settings.upload_dir.absolute()
        self._reserve = settings.reserved_disk

    def spool(self) -> IO[bytes]:
        """See Store."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self._root).free
        except OSError as error:
            raise failed("make", self._root.name, error.strerror) from error
        if free < self._reserve:
            # The database may have its files on the same disk, and stops when it is full.
            reason = f"{free} bytes of the disk are free, {self._reserve} are reserved"
            raise failed("receive", "an upload", reason)
        # On the same volume, as the container's own file system may be read-only.
        return SpooledTemporaryFile(IN_MEMORY, dir=str(self._root))

    async def put(self, name: str, content: IO[bytes]) -> None:
        """See Store."""
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise failed("write", name, error.strerror) from error

    async def open(self, name: str) -> OnDisk:
        """See Store."""
        path = self._root / name
        try:
            return await asyncio.to_thread(self._hold, path)
        except FileNotFoundError as error:
            raise missing() from error
        except OSError as error:
            raise failed("read", name, error.strerror) from error

    async def remove(self, name: str) -> None:
        """See Store."""
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
        """Writes to a temporary name first, so that no reader gets half a file."""
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
