"""An endpoint that takes as long as the client asks; the harness adds it to a deployed service."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI


def with_slow_route(create_app: Callable[..., FastAPI]) -> Callable[..., FastAPI]:
    """`create_app`, with GET /slow?seconds=SECONDS added to its app."""

    def create(*arguments: Any, **options: Any) -> FastAPI:
        app = create_app(*arguments, **options)
        app.add_api_route("/slow", slow)
        return app

    return create


async def slow(seconds: float) -> float:
    """Answer after `seconds`."""
    await asyncio.sleep(seconds)
    return seconds
