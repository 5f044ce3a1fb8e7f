"""Builds the app; it connects to nothing before its lifespan begins."""

import asyncio
import gc
import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app.api import error_answers, openapi_errors, path_routes, routers
from app.api.middleware import BodyLimit, ReadableErrors, RequestContext, UnhandledErrors
from app.api.redirects import Redirects
from app.api.resources import Resources
from app.api.trusted_proxies import TrustedProxies
from app.errors import ServiceError
from app.mail.senders import create_mailer
from app.observability import logs
from app.observability.metrics import Metrics
from app.observability.readiness import OK, Readiness
from app.persistence.cache import Cache
from app.persistence.database import Database
from app.services.event_handlers import EventHandlers
from app.services.images import Images
from app.services.rate_limits import RateLimiter
from app.services.security import Passwords, Tokens
from app.services.warm_up import warm_up
from app.settings import Settings, load_or_exit
from app.storage.factory import create_store

log = logging.getLogger(__name__)

WARM_UP_SECONDS = 5.0
UPLOADS = re.compile(r"/tasks/[^/]+/files|/users/me/avatar")


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app. Without settings it is a process of its own and reads them from the environment."""
    own_process = settings is None
    if settings is None:
        settings = load_or_exit(Settings)
        logs.configure(settings.release)
    metrics = Metrics()
    app = FastAPI(
        title="Task manager",
        version=settings.release,
        lifespan=_lifespan(settings, metrics),
        # Older clients send JSON without a Content-Type.
        strict_content_type=False,
        # The pages of FastAPI load from elsewhere; ours are in routers/pages.py.
        docs_url=None,
        redoc_url=None,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    _add_middleware(app, settings, metrics)
    error_answers.install(app)
    openapi_errors.install(app)
    path_routes.include(app, routers.ALL)
    if own_process:
        # These objects stay for ever: the garbage collector, which requests wait for, skips them.
        gc.collect()
        gc.freeze()
    return app


def _lifespan(
    settings: Settings, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        app.state.resources = resources = assemble(settings)
        await _warm_up(resources)
        try:
            with metrics.exposed(settings.metrics_port):
                yield
        finally:
            resources.passwords.close()
            await resources.cache.close()
            await resources.database.close()

    return lifespan


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """The middleware; the last added is the outermost."""
    app.add_middleware(Redirects)
    app.add_middleware(BodyLimit, limit=settings.max_body_size, streaming=UPLOADS)
    app.add_middleware(UnhandledErrors)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["X-Request-ID", "Retry-After"],
        max_age=600,
    )
    app.add_middleware(ReadableErrors)
    app.add_middleware(RequestContext, trusted_proxies=TrustedProxies(settings), metrics=metrics)


def assemble(settings: Settings) -> Resources:
    """The objects behind one running app; making them connects to nothing."""
    database, cache = Database(settings), Cache(settings)
    store, mailer = create_store(settings), create_mailer(settings)
    rate_limiter = RateLimiter(settings, cache)
    return Resources(
        settings=settings,
        database=database,
        cache=cache,
        rate_limiter=rate_limiter,
        passwords=Passwords(settings),
        tokens=Tokens(settings),
        readiness=Readiness(database, cache),
        store=store,
        mailer=mailer,
        images=Images(),
        notify=EventHandlers(
            database=database,
            store=store,
            mailer=mailer,
            rate_limiter=rate_limiter,
            frontend_url=settings.frontend_url,
        ),
    )


async def _warm_up(resources: Resources) -> None:
    """Starts in any case, also when the database is away or has another schema."""
    if await resources.readiness.schema() != OK:
        log.warning("the database is not ready yet")
        return
    try:
        async with asyncio.timeout(WARM_UP_SECONDS):
            await warm_up(resources.database)
    except (TimeoutError, ServiceError):
        log.warning("the database does not answer")
