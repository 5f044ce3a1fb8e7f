"""Builds the app; nothing connects before its lifespan begins."""

import asyncio
import gc
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app import error_answers, logs, routers
from app.cache import Cache
from app.db import Database
from app.errors import ServiceError
from app.hops import Hops
from app.images import Images
from app.limits import Limits
from app.mail import mailer
from app.metrics import Metrics
from app.middleware import BodyLimit, LastResort, RequestContext
from app.reactions import Reactions
from app.readiness import OK, Readiness
from app.security import Passwords, Tokens
from app.settings import Settings, load_or_exit
from app.state import State
from app.store import store
from app.warm_up import warm_up

log = logging.getLogger(__name__)

WARM_UP = 5.0
UPLOADS = re.compile(r"/tasks/[^/]+/files|/users/me/avatar")


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service, from the given settings or, as a process of its own, from the environment."""
    alone = settings is None
    if settings is None:
        settings = load_or_exit(Settings)
        logs.configure()
    metrics = Metrics()
    app = FastAPI(
        title="Task manager",
        version=settings.release,
        lifespan=_lifespan(settings, metrics),
        # Older clients send JSON without saying so.
        strict_content_type=False,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    _surround(app, settings, metrics)
    error_answers.install(app)
    for router in routers.ALL:
        # Including it would cost every request a search in each router on the way to its own.
        app.router.routes.extend(router.routes)
    if alone:
        # All of it stays: the garbage collector, which requests wait for, need not look through it.
        gc.collect()
        gc.freeze()
    return app


def _lifespan(
    settings: Settings, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.parts = parts = assemble(settings)
        await _warm_up(parts)
        try:
            with metrics.exposed(settings.metrics_port):
                yield
        finally:
            await parts.cache.close()
            await parts.database.close()

    return lifespan


def _surround(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """The middleware; the last added is the outermost."""
    app.add_middleware(BodyLimit, limit=settings.max_body_size, streaming=UPLOADS)
    app.add_middleware(LastResort)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["X-Request-ID", "Retry-After"],
        max_age=600,
    )
    app.add_middleware(RequestContext, hops=Hops(settings), metrics=metrics)


def assemble(settings: Settings) -> State:
    """The parts of one running app; making them connects to nothing."""
    database, cache = Database(settings), Cache(settings)
    files, mails = store(settings), mailer(settings)
    return State(
        settings=settings,
        database=database,
        cache=cache,
        limits=Limits(settings, cache),
        passwords=Passwords(settings),
        tokens=Tokens(settings),
        readiness=Readiness(database, cache),
        store=files,
        mailer=mails,
        images=Images(),
        notify=Reactions(
            database=database, store=files, mailer=mails, frontend_url=settings.frontend_url
        ),
    )


async def _warm_up(parts: State) -> None:
    """A database that is not there yet, or has another schema, is no reason not to start."""
    if await parts.readiness.schema() != OK:
        log.warning("the database is not ready yet")
        return
    try:
        async with asyncio.timeout(WARM_UP):
            await warm_up(parts.database)
    except (TimeoutError, ServiceError):
        log.warning("the database does not answer")
