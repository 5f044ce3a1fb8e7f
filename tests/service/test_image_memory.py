"""Decoding an uploaded image takes no more memory than the container has to spare."""

import asyncio
import re
import subprocess
import sys
import threading
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from app.services import image_process, images
from infra import project

from .conftest import SECRET, SERVICE, running
from .people import People
from .test_avatars import claiming
from .test_process import serving
from .uploads import picture, set_avatar

MEGABYTES = int(project.declaration()["config"]["memory"]["default"])
"""The memory of an api container."""

# The largest accepted image of each kind. A WEBP of 25 million pixels took 592 MB once.
LARGEST = {
    "PNG RGBA": ("PNG", "RGBA", (5000, 5000), {}),
    "PNG LA": ("PNG", "LA", (5000, 5000), {}),
    "PNG P": ("PNG", "P", (5000, 5000), {"transparency": 1}),
    "PNG 16 bits": ("PNG", "I;16", (5000, 5000), {}),
    "PNG wide": ("PNG", "RGBA", (16384, 1525), {}),
    "PNG tall": ("PNG", "RGBA", (1525, 16384), {}),
    "GIF": ("GIF", "P", (5000, 5000), {"transparency": 1}),
    "JPEG": ("JPEG", "RGB", (5000, 5000), {}),
    "JPEG progressive": ("JPEG", "RGB", (5000, 5000), {"progressive": True, "subsampling": 0}),
    "JPEG CMYK": ("JPEG", "CMYK", (5000, 5000), {"progressive": True}),
    "WEBP": ("WEBP", "RGBA", (4000, 2000), {}),
    "WEBP lossless": ("WEBP", "RGBA", (4000, 2000), {"lossless": True}),
}
TOO_LARGE = {
    "WEBP of the issue": ("WEBP", "RGBA", (5000, 5000), {}),
    "WEBP one column more": ("WEBP", "RGBA", (4001, 2000), {}),
    "PNG one column more": ("PNG", "1", (5001, 5000), {}),
    "PNG of a longer side": ("PNG", "1", (16385, 10), {}),
}
# Runs the program and prints its peak in kB: `ru_maxrss` would contain that of its parent.
MEASURED = """
import re, runpy, sys
status = 0
try:
    runpy.run_path(sys.argv[1], run_name="__main__")
except SystemExit as end:
    status = end.code
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
sys.exit(status)
"""
# The same program without a limit on pixels.
UNBOUNDED = """
from app.services import image_process
image_process.PIXELS.update(PNG=10**12)
raise SystemExit(image_process.main())
"""


@cache
def encoded(kind: str) -> bytes:
    image_format, mode, size, options = (LARGEST | TOO_LARGE)[kind]
    file = BytesIO()
    Image.new(mode, size, 1).save(file, image_format, **options)
    return file.getvalue()


def peak_megabytes(content: bytes) -> float:
    """The peak of the process that decodes an accepted image."""
    command = [sys.executable, "-I", "-c", MEASURED, image_process.__file__]
    result = subprocess.run(command, input=content, capture_output=True, env={}, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return int(result.stderr) / 1024


@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_images_leave_half_of_the_container_to_the_service(kind: str):
    assert peak_megabytes(encoded(kind)) < MEGABYTES / 2


def test_memory_beyond_the_limit_is_refused_by_the_kernel():
    result = subprocess.run(
        [sys.executable, "-c", UNBOUNDED],
        input=claiming(9000, 9000),
        capture_output=True,
        cwd=SERVICE,
        check=False,
    )
    assert result.returncode not in (0, image_process.REFUSED)
    assert b"MemoryError" in result.stderr


def peak_of(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    assert peak
    return int(peak[1]) / 1024


async def test_the_server_process_decodes_no_image(clean, tmp_path: Path):
    environment = {
        "ENVIRONMENT": "test",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": clean.database_url,
        "PASSWORD_MEMORY_COST": "8",
        "METRICS_PORT": "0",
        "UPLOAD_DIR": str(tmp_path),
        "TESTING": "true",
    }
    async with serving(environment) as served:
        alice = await People(served.client)("alice")
        await set_avatar(alice, encoded("WEBP"))
        before = peak_of(served.process.pid)
        for kind in LARGEST:
            assert (await set_avatar(alice, encoded(kind))).status_code == 200
        for kind in TOO_LARGE:
            assert (await set_avatar(alice, encoded(kind))).status_code == 400
        assert peak_of(served.process.pid) - before < 32
        assert peak_of(served.process.pid) < MEGABYTES / 2


@pytest.mark.parametrize("kind", TOO_LARGE)
async def test_an_image_that_is_too_large_is_refused_with_its_size_and_the_limit(
    people: People, kind: str
):
    response = await set_avatar(await people("alice"), encoded(kind))
    assert response.status_code == 400
    assert re.search(r"(pixels.*at most [\d,]+)", response.json()["detail"])


async def test_more_images_than_the_service_can_decode_get_a_503(settings, monkeypatch):
    monkeypatch.setattr(images, "WAITING", 1)
    decode, go = images._decode, threading.Event()

    def held(content: IO[bytes], name: str) -> images.Picture:
        assert go.wait(20)
        return decode(content, name)

    monkeypatch.setattr(images, "_decode", held)
    async with running(settings) as client:
        people = People(client)
        ways = [set_avatar(await people(name), picture()) for name in ("alice", "bob", "carol")]
        uploads = [asyncio.create_task(way) for way in ways]
        answered, waiting = await asyncio.wait(uploads, return_when=asyncio.FIRST_COMPLETED)
        go.set()
        [refused] = [upload.result() for upload in answered]
        answers = await asyncio.gather(*waiting)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["detail"].startswith("Too many images are being processed")
    assert [answer.status_code for answer in answers] == [200, 200]
