"""The program that decodes one uploaded image, in a process of its own with little memory.

Image on standard input; on standard output the format's name, a line feed and the
small image. Exit status REFUSED: standard output has the reason, as a sentence for the client. Any
other status: the image is broken, or exceeds a limit of this process.

A decoder of hostile files must not take the service with it, so the limits are the kernel's. Only
one of these processes per container decodes at a time, whatever the number of workers.
"""

import fcntl
import os
import resource
import sys
from contextlib import suppress
from io import BytesIO
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

REFUSED = 65
SIDE = 512
LONGEST_SIDE = 16_384
# The most pixels of each format. For one pixel Pillow needs up to 8 bytes of a progressive JPEG, 4
# of a PNG, 1 of a GIF and 16 of a WEBP: 220 MB at most.
PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "GIF": 25_000_000, "WEBP": 8_000_000}
STRIP_PIXELS = 1_000_000
OPAQUE = {"JPEG"}
MEMORY_BYTES = 256 * 1024 * 1024
CPU_SECONDS = 10
ORIENTATION = 0x0112


class RefusedError(Exception):
    """The image is not accepted; the text is for the client."""


def limit_process() -> None:
    """Limits memory and processor time, and makes this process the first that a lack ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def decode(source: IO[bytes]) -> tuple[str, bytes]:
    """The format's name and the small image in that format."""
    # Here, after the lock: a waiting process does without the library's memory.
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = max(PIXELS.values())
    try:
        image = Image.open(source, formats=list(PIXELS))
    except Image.DecompressionBombError:
        raise RefusedError(f"The image has more than {max(PIXELS.values()):,} pixels") from None
    with image:
        name = image.format or ""
        check_size(name, image.width, image.height)
        # Of a JPEG this decodes no more than is needed.
        image.draft("RGB", (SIDE, SIDE))
        orientation = image.getexif().get(ORIENTATION)
        mode = "RGBA" if image.has_transparency_data and name not in OPAQUE else "RGB"
        small = shrink(image, mode)
    if orientation:
        small.getexif()[ORIENTATION] = orientation
        small = ImageOps.exif_transpose(small)
    small.thumbnail((SIDE, SIDE))
    encoded = BytesIO()
    small.save(encoded, name)
    return name, encoded.getvalue()


def check_size(name: str, width: int, height: int) -> None:
    """Raises RefusedError above the limits of the format."""
    if width * height > PIXELS[name]:
        raise RefusedError(
            f"The image has {width * height:,} pixels; a {name} may have at most {PIXELS[name]:,}"
        )
    if max(width, height) > LONGEST_SIDE:
        raise RefusedError(
            f"The image is {width} by {height} pixels; a side may have at most {LONGEST_SIDE}"
        )


def shrink(image: "Image.Image", mode: str) -> "Image.Image":
    """The image in this mode, at least twice as large as it will be, unless it is small already.

    In strips: converting and shrinking the whole image would need two more copies of it.
    """
    from PIL import Image

    width, height = image.size
    factor = max(1, max(width, height) // (2 * SIDE))
    rows = max(1, STRIP_PIXELS // (width * factor)) * factor
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(top + rows, height))).convert(mode)
        small.paste(strip.reduce(factor), (0, top // factor))
    return small


def main() -> int:
    """Decodes standard input to standard output; returns the exit status."""
    limit_process()
    with open(__file__, "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            name, content = decode(BytesIO(sys.stdin.buffer.read()))
        except RefusedError as error:
            sys.stdout.write(str(error))
            return REFUSED
    sys.stdout.buffer.write(name.encode() + b"\n" + content)
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
