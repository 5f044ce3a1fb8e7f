"""Reads a form with one file as it arrives, so that it can be refused before its end."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import IO, TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from app.errors import BadRequest, Unprocessable
from app.storage.store import PIECE, failed

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = b"file"
LONGEST_NAME = 255
SEPARATORS = re.compile(r"[/\\]")
# Bytes of the form that are not the file: boundaries, headers, other fields and an epilogue.
OVERHEAD = 64 * 1024
# Bytes that the parser gets at a time, so that the overhead is noticed in time.
SLICE = 16 * 1024


class Upload:
    """The part named `file`: its headers at once, its bytes on demand."""

    def __init__(self, name: str, declared_type: str, form: "Form") -> None:
        self.name = name
        self.declared_type = declared_type
        self._form = form

    async def write_to(self, target: IO[bytes], *, limit: int) -> int:
        """Writes at most `limit` bytes and rewinds the target; returns the number of bytes."""
        size, waiting = 0, bytearray()
        async for piece in self._form.pieces():
            size += len(piece)
            if size > limit:
                raise BadRequest(f"The file is larger than {limit} bytes")
            waiting += piece
            if len(waiting) >= PIECE:
                await _write(target, bytes(waiting))
                waiting.clear()
        await _write(target, bytes(waiting))
        target.seek(0)
        return size


async def _write(target: IO[bytes], data: bytes) -> None:
    try:
        await asyncio.to_thread(target.write, data)
    except OSError as error:
        raise failed("receive", "an upload", error.strerror or error) from error


class Form:
    """A multipart body being parsed; the parser's callbacks set its attributes."""

    def __init__(self, stream: AsyncIterator[bytes], content_type: str) -> None:
        self._stream = stream
        self._headers: dict[bytes, bytes] = {}
        self._header = (bytearray(), bytearray())
        self._inside = self._ended = False
        self._file: tuple[bytes, bytes] | None = None
        self._data: list[bytes] = []
        self._overhead = 0
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Unprocessable("The body must be multipart/form-data")
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise Unprocessable("The boundary of the form is too long") from error

    async def upload(self) -> Upload:
        """Reads up to the file's first byte."""
        while self._file is None:
            if not await self._read():
                raise Unprocessable("The form has no part named 'file' with a filename")
        name, declared_type = self._file
        return Upload(_decoded(name), declared_type.decode("latin-1").lower(), self)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file's bytes; raises Unprocessable when the form ends too early."""
        more = True
        while more:
            for piece in self._data:
                yield piece
            self._data.clear()
            more = await self._read()

    async def _read(self) -> bool:
        """Parses the next piece; False at the end of a complete form."""
        try:
            received = await anext(self._stream, None)
            if received is not None:
                self._parse(received)
                return True
        except (FormParserError, ClientDisconnect) as error:
            raise Unprocessable("The form is broken") from error
        if not self._ended:
            raise Unprocessable("The form is incomplete")
        return False

    def _parse(self, received: bytes) -> None:
        """Counts every byte, whatever it is for the parser; those of the file are taken off."""
        for start in range(0, len(received), SLICE):
            piece = received[start : start + SLICE]
            self._overhead += len(piece)
            self._parser.write(piece)
            if self._overhead > OVERHEAD:
                raise Unprocessable(f"The form has more than {OVERHEAD} bytes beside the file")

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._take,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._headers = {}

    def _end_header(self) -> None:
        field, value = map(bytes, self._header)
        self._headers[field.lower()] = value
        self._header = (bytearray(), bytearray())

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._inside = options.get(b"name") == FIELD and bool(options.get(b"filename"))
        if self._inside:
            if self._file is not None:
                raise FormParserError("more than one file")
            self._file = options[b"filename"], self._headers.get(b"content-type", b"")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._data.append(data[start:end])
            self._overhead -= end - start

    def _end(self) -> None:
        self._ended = True


def _decoded(name: bytes) -> str:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    # Some clients send a path.
    text = SEPARATORS.split(text)[-1]
    if not text:
        raise Unprocessable("The filename is empty")
    if "\0" in text or len(text) > LONGEST_NAME:
        raise Unprocessable(f"A filename has at most {LONGEST_NAME} characters, none of them NUL")
    return text
