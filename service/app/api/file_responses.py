"""Bytes in and out: the form of an upload, and stored bytes as an answer."""

from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import iterate_in_threadpool
from starlette.types import Receive, Scope, Send

from app.api.multipart import Form, Upload
from app.api.openapi_errors import Responses
from app.storage.store import OnDisk, Streamed

# As the endpoint reads the form itself, FastAPI cannot know what it looks like.
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class HeldFileResponse(FileResponse):
    """A file by its descriptor, as its name may be gone when the answer begins."""

    def __init__(self, found: OnDisk, content_type: str, headers: dict[str, str]) -> None:
        path = f"/dev/fd/{found.file.fileno()}"
        super().__init__(path, headers=headers, media_type=content_type, stat_result=found.stat)
        self._held = found.file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await super().__call__(scope, receive, send)


class StreamedResponse(StreamingResponse):
    """A file that comes piece by piece; HEAD reads none of them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            self.body_iterator = iterate_in_threadpool(())
        await super().__call__(scope, receive, send)


def bytes_of(media_type: str, description: str) -> Responses:
    """A success answer that is no JSON."""
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


async def form_file(request: Request) -> Upload:
    form = Form(request.stream(), request.headers.get("content-type", ""))
    return await form.upload()


def attachment(found: OnDisk | Streamed, *, content_type: str, filename: str) -> Response:
    """For saving, never for showing inside this origin."""
    plain = filename.isascii() and filename.isprintable() and not set(filename) & set('"\\%')
    name = f'filename="{filename}"' if plain else f"filename*=utf-8''{quote(filename, safe='')}"
    return answer(found, content_type, {"Content-Disposition": f"attachment; {name}"})


def answer(found: OnDisk | Streamed, content_type: str, headers: dict[str, str]) -> Response:
    if isinstance(found, OnDisk):
        return HeldFileResponse(found, content_type, headers)
    headers |= {
        "Content-Length": str(found.size),
        "Last-Modified": format_datetime(found.modified, usegmt=True),
    }
    if found.etag:
        headers["ETag"] = found.etag
    return StreamedResponse(found.pieces, headers=headers, media_type=content_type)
