"""Faults that a test builds into the deployed service."""

import os
import threading
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.responses import PlainTextResponse

CREATE = Callable[..., FastAPI]


def answering(create_app: CREATE, status: int, *, path: str | None = None) -> CREATE:
    """An app that answers `status` at `path`, or at every path."""

    def create(*arguments: Any, **options: Any) -> FastAPI:
        print("THE-LAST-WORDS of the broken release", flush=True)
        app = create_app(*arguments, **options)

        @app.middleware("http")
        async def fail(request: Any, call_next: Any) -> Any:
            if path in (None, request.url.path):
                return PlainTextResponse("broken", status)
            return await call_next(request)

        return app

    return create


def dying(create_app: CREATE, seconds: float) -> CREATE:
    """An app whose process exits after `seconds`."""

    def create(*arguments: Any, **options: Any) -> FastAPI:
        print("THE-LAST-WORDS of the broken release", flush=True)
        app = create_app(*arguments, **options)
        threading.Timer(seconds, os._exit, [7]).start()
        return app

    return create
