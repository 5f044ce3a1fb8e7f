"""What a file store does, and what it hands out: bytes in a file or as a stream."""

import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from app.errors import Failed, NotFound

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
