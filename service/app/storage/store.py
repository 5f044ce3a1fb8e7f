"""The interface of file stores, and stored bytes as a file or as a stream."""

import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from app.errors import Failed, NotFound

log = logging.getLogger(__name__)

# Bytes of an upload that stay in memory, and bytes moved at a time.
IN_MEMORY = 1024 * 1024
PIECE = 256 * 1024


@dataclass(frozen=True)
class OnDisk:
    """Stored bytes in an open file: deleting it meanwhile does not cut the answer short."""

    file: IO[bytes]
    stat: os.stat_result


@dataclass(frozen=True)
class Streamed:
    """Stored bytes as a stream that can be read once."""

    size: int
    etag: str | None
    modified: datetime
    pieces: AsyncIterator[bytes]


class Store(Protocol):
    """Keeps bytes under generated names. Logs its failures and raises `Failed`."""

    def spool(self) -> IO[bytes]:
        """A temporary file for an upload that is not accepted yet."""
        ...

    async def put(self, name: str, content: IO[bytes]) -> None:
        """Stores all of the content or, on an error, nothing; replaces an older content."""
        ...

    async def open(self, name: str) -> OnDisk | Streamed:
        """The stored bytes; raises NotFound when the name is unknown."""
        ...

    async def remove(self, name: str) -> None:
        """Removes the bytes; an unknown name is no error."""
        ...


def failed(doing: str, name: str, reason: object) -> Failed:
    """The error for clients, after logging the reason, which is not for them."""
    line = str(reason).partition("\n")[0][:300]
    log.error("the file store failed", extra={"doing": doing, "stored": name, "reason": line})
    return Failed("The file store does not work at the moment")


def missing() -> NotFound:
    """The error for a name without bytes."""
    return NotFound("There is no such file")
