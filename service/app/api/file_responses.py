"""The form of an upload, and stored bytes as an answer."""

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

# Written out, as the endpoint reads the form itself and FastAPI cannot derive its schema.
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
    """Sends an open file by its descriptor, as the name may be deleted meanwhile."""

    def __init__(self, stored: OnDisk, content_type: str, headers: dict[str, str]) -> None:
        path = f"/dev/fd/{stored.file.fileno()}"
        super().__init__(path, headers=headers, media_type=content_type, stat_result=stored.stat)
        self._held = stored.file

    def release(self) -> None:
        """Closes the file of an answer that is not sent."""
        self._held.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the file and closes it."""
        with self._held:
            await super().__call__(scope, receive, send)


class StreamedResponse(StreamingResponse):
    """Sends a file piece by piece; HEAD reads no piece."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the headers, and the bytes unless the method is HEAD."""
        if scope["method"] == "HEAD":
            self.body_iterator = iterate_in_threadpool(())
        await super().__call__(scope, receive, send)


def bytes_of(media_type: str, description: str) -> Responses:
    """The OpenAPI entry of a binary answer."""
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


async def form_file(request: Request) -> Upload:
    """The part `file` of a multipart form; its bytes are not read yet."""
    form = Form(request.stream(), request.headers.get("content-type", ""))
    return await form.upload()


def attachment(stored: OnDisk | Streamed, *, content_type: str, filename: str) -> Response:
    """An answer that browsers save and never show inside this origin."""
    plain = filename.isascii() and filename.isprintable() and not set(filename) & set('"\\%')
    name = f'filename="{filename}"' if plain else f"filename*=utf-8''{quote(filename, safe='')}"
    return answer(stored, content_type, {"Content-Disposition": f"attachment; {name}"})


def answer(stored: OnDisk | Streamed, content_type: str, headers: dict[str, str]) -> Response:
    """Stored bytes as an answer."""
    if isinstance(stored, OnDisk):
        return HeldFileResponse(stored, content_type, headers)
    headers |= {
        "Content-Length": str(stored.size),
        "Last-Modified": format_datetime(stored.modified, usegmt=True),
    }
    if stored.etag:
        headers["ETag"] = stored.etag
    return StreamedResponse(stored.pieces, headers=headers, media_type=content_type)
