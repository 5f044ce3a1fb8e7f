"""Route classes: identify the caller, commit once, then handle the events of the commit."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import BackgroundTasks, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security.utils import get_authorization_scheme_param

from app.api import dependencies
from app.api.caching import revalidated
from app.api.limited import limits_of, refuse_above
from app.api.resources import Resources
from app.errors import NotAuthenticated
from app.persistence.read_queries import Reader
from app.services import accounts, events, stats
from app.services.accounts import Caller

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class WritingRoute(APIRoute):
    """One transaction, committed before the response is sent."""

    def get_route_handler(self) -> Handler:
        """The handler, inside a transaction."""
        handle = super().get_route_handler()
        limits = limits_of(self.endpoint)

        async def handler(request: Request) -> Response:
            await refuse_above(limits, request)
            return await _in_transaction(request, handle)

        return handler


class AuthenticatedRoute(APIRoute):
    """Identifies the caller before the body is read.

    An operation that takes no session has no transaction.
    """

    def get_route_handler(self) -> Handler:
        """The handler, with the caller, and inside a transaction where it needs one."""
        handle = super().get_route_handler()
        is_read = self.methods == {"GET"}
        in_transaction = _takes_session(self.dependant)
        limits = limits_of(self.endpoint)

        async def handler(request: Request) -> Response:
            database = request.app.state.resources.database
            with database.reader() as reader:
                request.state.caller = await _caller(request, reader)
                if is_read:
                    request.state.reader = reader
                    return revalidated(request, await handle(request))
            request.app.state.resources.rate_limiter.write(request.state.caller.id)
            await refuse_above(limits, request)
            if in_transaction:
                return await _in_transaction(request, handle)
            return await handle(request)

        return handler


def _takes_session(dependant: Dependant) -> bool:
    return any(
        part.call is dependencies.session or _takes_session(part) for part in dependant.dependencies
    )


async def _caller(request: Request, reader: Reader) -> Caller:
    resources: Resources = request.app.state.resources
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated("Log in first: the request carries no token")
    return await accounts.identify(reader, resources.tokens.read(token))


async def _in_transaction(
    request: Request, handle: Callable[[Request], Awaitable[Response]]
) -> Response:
    """The first statement takes the connection, so none is held while a body arrives."""
    resources: Resources = request.app.state.resources
    async with resources.database.session() as request.state.session:
        response = await handle(request)
        if request.method == "HEAD":
            # HEAD must change nothing: a mail scanner that looks at a link would use up its token.
            await request.state.session.rollback()
            return response
        await stats.flush(request.state.session)
    if announced := events.announced(request.state.session):
        response.background = background = BackgroundTasks()
        for event in announced:
            background.add_task(resources.notify, event)
    return response
