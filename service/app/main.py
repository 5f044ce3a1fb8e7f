"""Builds the app; nothing connects before its lifespan begins."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import error_answers
from app.cache import Cache
from app.db import Database
from app.domain.events import Event
from app.errors import ServiceError
from app.limits import Limits
from app.readiness import Readiness
from app.routers import auth, stats, system, tasks
from app.security import Passwords, Tokens
from app.settings import Settings, load_or_exit
from app.state import State

log = logging.getLogger(__name__)

WARM_UP = 5.0


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, from the given settings or from the environment."""
    settings = settings or load_or_exit(Settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = assemble(settings)
        app.state.parts = parts
        await _warm_up(parts.database)
        try:
            yield
        finally:
            await parts.cache.close()
            await parts.database.close()

    app = FastAPI(
        title="Task manager",
        version=settings.release,
        lifespan=lifespan,
        # Older clients send JSON without saying so.
        strict_content_type=False,
        telemetry={"tracing": False},
    )
    error_answers.install(app)
    # Before tasks: literal paths win over /tasks/{task_id}.
    for router in (system.router, auth.router, stats.router, tasks.router):
        app.include_router(router)
    return app


def assemble(settings: Settings) -> State:
    """The parts of one running app; making them connects to nothing."""
    database, cache = Database(settings), Cache(settings)
    return State(
        settings=settings,
        database=database,
        cache=cache,
        limits=Limits(settings, cache),
        passwords=Passwords(settings),
        tokens=Tokens(settings),
        readiness=Readiness(database, cache),
        notify=_notify,
    )


async def _notify(event: Event) -> None:
    """Nobody listens yet."""
    log.info("event", extra={"event": type(event).__name__})


async def _warm_up(database: Database) -> None:
    """Opens a first connection; a database that is not there yet is no reason not to start."""
    try:
        async with asyncio.timeout(WARM_UP):
            await database.revision()
    except (TimeoutError, ServiceError):
        log.warning("the database does not answer yet")
