"""Middleware: request ids, client addresses, body limits, headers, logs, unhandled errors."""

import logging
import re
import time
from http import HTTPStatus
from secrets import token_hex

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.caching import PRIVATE
from app.api.error_answers import answer
from app.api.trusted_proxies import TrustedProxies
from app.observability.logs import request_id
from app.observability.metrics import Metrics

log = logging.getLogger("app.requests")

ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
OF_THE_BODY = {"content-length", "content-type"}
QUIET = {"/health", "/ready"}
# For answers that have none of their own. No answer but the pages is a document: nothing loads from
# it, and no site may show it in a frame.
DEFAULTS = {
    b"x-content-type-options": b"nosniff",
    b"cache-control": PRIVATE.encode(),
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
}
# A year. Only over TLS: where a domain is set, the proxy has a certificate and redirects to it.
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


class RequestContext:
    """Sets the request's id and client address; logs and counts its answer."""

    def __init__(self, app: ASGIApp, *, trusted_proxies: TrustedProxies, metrics: Metrics) -> None:
        self._app = app
        self._hops = trusted_proxies
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        self._set_client(scope, headers)
        received = headers.get("x-request-id", "")
        identity = received if ACCEPTABLE_ID.fullmatch(received) else token_hex(16)
        request_id.set(identity)
        status = 0
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, identity, is_secure=scope["scheme"] == "https")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._record(scope, status, time.perf_counter() - began)

    def _set_client(self, scope: Scope, headers: Headers) -> None:
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._hops.trusts(peer):
            return
        client = self._hops.client(peer, headers.getlist("x-forwarded-for"))
        scope["client"] = (client, 0)
        if headers.get("x-forwarded-proto") in ("http", "https"):
            scope["scheme"] = headers["x-forwarded-proto"]

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        """Records the route only: paths and queries contain names, and sometimes tokens."""
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"]
        self._metrics.observe(method=method, route=route, status=status, seconds=seconds)
        if route in QUIET and status == 200:
            return
        milliseconds = round(seconds * 1000, 1)
        fields = {"method": method, "route": route, "status": status, "ms": milliseconds}
        log.info("request", extra=fields)


def _add_headers(message: Message, identity: str, *, is_secure: bool) -> None:
    headers = list(message["headers"])
    present = {name.lower() for name, _ in headers}
    headers += [default for default in DEFAULTS.items() if default[0] not in present]
    headers.append((b"x-request-id", identity.encode()))
    if is_secure:
        headers.append(STRICT_TRANSPORT)
    message["headers"] = headers


class UnhandledErrors:
    """Answers 500 for unhandled errors, inside CORS so that browsers may read it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI call."""
        started = False

        async def send_and_note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_start)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            log.exception("unexpected error")
            detail = f"The server failed: its log has the reason under request {request_id.get()}"
            await answer(500, {"detail": detail})(scope, receive, send)


class ReadableErrors:
    """Turns plain-text errors of the framework into JSON like all other errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI call."""
        start: Message | None = None
        text = bytearray()

        async def send_readable(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and self._plain_error(message):
                start = message
            elif start is None:
                await send(message)
            else:
                text.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await self._answer(start, text.decode())(scope, receive, send)

        await self._app(scope, receive, send_readable)

    def _plain_error(self, message: Message) -> bool:
        type_ = Headers(raw=message["headers"]).get("content-type", "")
        return message["status"] >= 400 and type_.startswith("text/plain")

    def _answer(self, start: Message, text: str) -> Response:
        headers = Headers(raw=start["headers"]).items()
        kept = {name: value for name, value in headers if name not in OF_THE_BODY}
        return answer(start["status"], {"detail": text or HTTPStatus(start["status"]).phrase}, kept)


class BodyLimit:
    """Refuses a body above the limit, with or without a Content-Length."""

    def __init__(self, app: ASGIApp, *, limit: int, streaming: re.Pattern[str]) -> None:
        self._app = app
        self._limit = limit
        # Paths of uploads, which are read in pieces by code with limits of its own.
        self._streaming = streaming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI call."""
        if scope["type"] != "http" or self._streaming.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        read = 0

        async def receive_within_limit() -> Message:
            nonlocal read
            if announced.isdecimal() and int(announced) > self._limit:
                raise self._too_large()
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise self._too_large()
            return message

        await self._app(scope, receive_within_limit, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body may have at most {self._limit} bytes")
