"""Forms with a file, and bodies that are not a form."""

from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from .people import Person

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
BOUNDARY = "a-boundary"


async def upload(
    person: Person,
    name: str = "notes.txt",
    content: bytes = b"hello",
    *,
    path: str = "/tasks/1/files",
) -> Any:
    """The response to a form whose part declares no sensible type."""
    form = {"file": (name, content, "x/y")}
    return await person("POST", path, files=form)


def picture(form: str = "PNG", size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    """An image file."""
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, form, **options)
    return file.getvalue()


async def set_avatar(
    person: Person, content: bytes, name: str = "me.png", declared: str = "image/png"
) -> httpx.Response:
    """The response to a new picture of theirs."""
    form = {"file": (name, content, declared)}
    return await person("POST", "/users/me/avatar", files=form)


async def upload_raw(
    person: Person, body: bytes, content_type: str | None = None, *, path: str = "/tasks/1/files"
) -> Any:
    """The response to any bytes as a form."""
    headers = {"Content-Type": content_type or f"multipart/form-data; boundary={BOUNDARY}"}
    return await person("POST", path, content=body, headers=headers)


def part(name: str, filename: bytes | None, content: bytes = b"hello") -> bytes:
    """One part of a form, without the form's end."""
    disposition = f'form-data; name="{name}"'.encode()
    if filename is not None:
        disposition += b'; filename="' + filename + b'"'
    lines = [b"--" + BOUNDARY.encode(), b"Content-Disposition: " + disposition, b"", content, b""]
    return b"\r\n".join(lines)


END = f"--{BOUNDARY}--\r\n".encode()
