"""Uploaded images, encoded again: small, without metadata, in a format that browsers show."""

import asyncio
import logging
from dataclasses import dataclass
from io import BytesIO
from os.path import splitext
from typing import IO

from app.errors import BadRequest

log = logging.getLogger(__name__)

# The first extension of each format is for names that have another one, or none.
EXTENSIONS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
}
SIDE = 512
# Decoded it takes four bytes for each: 100 MB at most.
PIXELS = 25_000_000
OPAQUE = {"JPEG"}


@dataclass(frozen=True)
class Picture:
    """An image as it is stored."""

    data: bytes
    extension: str


class Images:
    """Works in a thread, on one image at a time: each may take a lot of memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def remade(self, content: IO[bytes], *, name: str) -> Picture:
        """The image in its stored form; raises BadRequest."""
        async with self._turn:
            return await asyncio.to_thread(_remade, content, name)


def _remade(content: IO[bytes], name: str) -> Picture:
    # Loading it takes memory that most processes of this service never need.
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = PIXELS
    try:
        with Image.open(content, formats=list(EXTENSIONS)) as image:
            form = image.format or ""
            if image.width * image.height > PIXELS:
                raise BadRequest(f"The image has more than {PIXELS} pixels")
            # Of a JPEG this decodes no more than is needed.
            image.draft("RGB", (SIDE, SIDE))
            mode = "RGBA" if image.has_transparency_data and form not in OPAQUE else "RGB"
            shown = ImageOps.exif_transpose(image.convert(mode))
            shown.thumbnail((SIDE, SIDE))
            made = BytesIO()
            shown.save(made, form)
    except BadRequest:
        raise
    except Exception as error:
        # Decoders of broken files raise whatever they stumble over.
        log.info("an image was refused", extra={"reason": type(error).__name__})
        kinds = ", ".join(EXTENSIONS)
        raise BadRequest(f"Not an image of one of these kinds: {kinds}") from error
    return Picture(made.getvalue(), _extension(name, form))


def _extension(name: str, form: str) -> str:
    given = splitext(name)[1].lower()
    return given if given in EXTENSIONS[form] else EXTENSIONS[form][0]
