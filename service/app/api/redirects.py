"""Redirects from a path with a slash at its end to the path without it.

The framework takes the target's host from the Host header, which any client may set: here the
target is a path alone. Unsafe methods are not redirected: a browser that resolves `..` in
`DELETE /tasks/1/tags/..` asks for `/tasks/1/`, and a redirect would delete the task.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.error_answers import answer

SAFE = {"GET", "HEAD", "OPTIONS"}
# No operation answers 307: only the framework does.
REDIRECT = 307
DETAIL = "There is nothing at this address: its path must not end with a slash"


class Redirects:
    """Rewrites the framework's redirects, and answers 404 instead where the method is unsafe."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = False

        async def send_checked(message: Message) -> None:
            nonlocal refused
            if message.get("status") == REDIRECT:
                refused = scope["method"] not in SAFE
                MutableHeaders(scope=message)["Location"] = _target(scope)
            if not refused:
                await send(message)

        await self._app(scope, receive, send_checked)
        if refused:
            await answer(404, {"detail": DETAIL})(scope, receive, send)


def _target(scope: Scope) -> str:
    """No route begins with two slashes, so that the target is never another host."""
    path = scope["raw_path"].decode("latin-1").rstrip("/")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
