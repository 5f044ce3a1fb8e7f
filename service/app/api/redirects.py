"""No redirect of requests that change something.

The framework redirects a path with a slash at its end to the path without it. A browser that
resolves `..` in `DELETE /tasks/1/tags/..` asks for `/tasks/1/`: a redirect would delete the task.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.error_answers import answer

SAFE = {"GET", "HEAD", "OPTIONS"}
REDIRECT = 307
DETAIL = "There is nothing at this address: its path must not end with a slash"


class RefuseUnsafeRedirects:
    """Answers 404 where the framework would redirect an unsafe method."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI call."""
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        refused = False

        async def send_unless_redirect(message: Message) -> None:
            nonlocal refused
            # No operation answers 307: only the framework does.
            refused = refused or message.get("status") == REDIRECT
            if not refused:
                await send(message)

        await self._app(scope, receive, send_unless_redirect)
        if refused:
            await answer(404, {"detail": DETAIL})(scope, receive, send)
