"""Uploaded images, encoded again: small, without metadata, in a format that browsers show."""

import asyncio
import logging
import subprocess
import sys
from dataclasses import dataclass
from os.path import splitext
from pathlib import Path
from typing import IO

from app.errors import BadRequest
from app.services import image_process
from app.turns import Turns

log = logging.getLogger(__name__)

# The first extension of each format is for names that have another one, or none.
EXTENSIONS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
}
TIME_LIMIT_SECONDS = 30
# Accounts whose image waits for its turn, each with a file open.
WAITING = 7
COMMAND = [sys.executable, "-I", str(Path(image_process.__file__))]


@dataclass(frozen=True)
class Picture:
    """An image as it is stored."""

    data: bytes
    extension: str


class Images:
    """Decodes uploaded images in a process with its own memory limit, one at a time.

    `accounts` are turns to take before an image is received: one at a time of each account, so that
    no account fills the queue alone.
    """

    def __init__(self) -> None:
        self._decoding = Turns(
            slots=1,
            longest=WAITING,
            busy="Too many images are being processed at the moment. Try again",
        )
        self.accounts = Turns(
            slots=1, busy="Too many images of this account are waiting. Try again"
        )

    async def small(self, content: IO[bytes], *, name: str) -> Picture:
        """The image in its stored form. Raises BadRequest, or Unavailable when too many wait."""
        async with self._decoding.of(0):
            return await asyncio.to_thread(_decode, content, name)


def _decode(content: IO[bytes], name: str) -> Picture:
    content.seek(0)
    try:
        result = subprocess.run(  # noqa: S603 - the command is ours
            COMMAND,
            input=content.read(),
            capture_output=True,
            env={},
            timeout=TIME_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BadRequest("The image takes too long to decode") from error
    if result.returncode == image_process.REFUSED:
        raise BadRequest(result.stdout.decode())
    if result.returncode:
        reason = result.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
        log.info("an image was refused", extra={"status": result.returncode, "reason": reason})
        formats = ", ".join(EXTENSIONS)
        raise BadRequest(
            f"The file cannot be decoded as an image of one of these formats: {formats}"
        )
    image_format, _, data = result.stdout.partition(b"\n")
    return Picture(data, _extension(name, image_format.decode()))


def _extension(name: str, image_format: str) -> str:
    extension = splitext(name)[1].lower()
    accepted = EXTENSIONS[image_format]
    return extension if extension in accepted else accepted[0]
