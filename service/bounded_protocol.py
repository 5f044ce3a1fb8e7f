"""HTTP as uvicorn speaks it, with bounds on headers and bodies that are long or come slowly.

httptools reads headers of any size, and uvicorn waits for any time for the rest of a request;
`h11_max_incomplete_event_size` is for h11 alone. A proxy in front has bounds of its own; a service
that is reached directly has only these.
"""

import asyncio
import json
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

# Of one request line with its headers, and of anything else that is no body: chunk extensions and
# trailers. Those of browsers with many cookies stay below 16 KiB.
LARGEST_HEAD_BYTES = 64 * 1024
# From the first byte of a request to the end of its headers.
HEAD_SECONDS = 20.0
# Of a body, at least so many bytes in each period of so many seconds, unless it ends: the rate and
# the time that Apache's mod_reqtimeout has by default. Per period, as otherwise the bytes that came
# early would buy time. A limit between two reads alone, as nginx has, lets one byte a minute pass.
BODY_SECONDS = 20.0
BODY_BYTES = 10_000

TIMEOUT, TOO_LARGE = HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
SLOW_HEAD = f"The headers of a request have to arrive within {HEAD_SECONDS:.0f} s"
SLOW_BODY = f"A body has to arrive at {BODY_BYTES} bytes in {BODY_SECONDS:.0f} s at least"
LONG_HEAD = f"The headers of a request may have at most {LARGEST_HEAD_BYTES} bytes"


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 or 408 and closes the connection where a bound is passed."""

    _timer: asyncio.TimerHandle | None = None
    # Bytes since the last piece of a body, or the end of a request.
    _unread = 0
    # Bytes of the headers that are complete.
    _headers_size = 0
    _is_too_large = False
    # Between the headers of a request and its end.
    _in_body = False
    # Bytes of a body in the present period.
    _progress = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection that never sends is closed like one that is idle after a request."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts what the parser keeps, and starts the clock with the first byte of a request."""
        if self.transport.is_closing():
            return
        if self._timer is None and self._is_idle and not self._in_body:
            self._timer = self.loop.call_later(HEAD_SECONDS, self._refuse, TIMEOUT, SLOW_HEAD)
        self._unread += len(data)
        self._progress += len(data)
        super().data_received(data)
        if self._is_too_large or self._unread > LARGEST_HEAD_BYTES:
            self._refuse(TOO_LARGE, LONG_HEAD)
        elif self._timer is None and self._in_body:
            self._begin_period()

    def on_message_begin(self) -> None:
        """See HttpToolsProtocol."""
        self._headers_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """See HttpToolsProtocol."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """See HttpToolsProtocol; trailers come here too."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Headers that are too large reach no application, also when they come in one piece."""
        self._stop_timer()
        if not self._is_too_large:
            self._in_body = True
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """See HttpToolsProtocol."""
        self._unread = 0
        if not self._is_too_large:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """See HttpToolsProtocol."""
        self._stop_timer()
        self._in_body = False
        self._unread = 0
        if not self._is_too_large:
            super().on_message_complete()

    @property
    def _is_idle(self) -> bool:
        """Whether no answer is under way. Before the first request there is no cycle."""
        cycle: RequestResponseCycle | None = getattr(self, "cycle", None)
        return cycle is None or cycle.response_complete

    def _count(self, size: int) -> None:
        self._headers_size += size
        self._is_too_large |= self._headers_size > LARGEST_HEAD_BYTES

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin_period(self) -> None:
        self._progress = 0
        self._timer = self.loop.call_later(BODY_SECONDS, self._end_period)

    def _end_period(self) -> None:
        # While the application reads nothing, the client cannot send.
        if self._progress >= BODY_BYTES or self.flow.read_paused:
            self._begin_period()
        else:
            self._refuse(TIMEOUT, SLOW_BODY)

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """With a detail, as every error has. Writes nothing into or behind another answer."""
        self._stop_timer()
        if self.transport.is_closing():
            return
        is_unanswered = self._in_body and not self.cycle.response_started
        if is_unanswered or (self._is_idle and not self._in_body):
            body = json.dumps({"detail": detail}).encode()
            self.transport.write(
                f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                "content-type: application/json\r\nconnection: close\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode()
                + body
            )
        self.transport.close()
