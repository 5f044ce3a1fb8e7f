"""What routers ask for: the session, the caller, and the parts that live as long as the app."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import accounts, events
from app.domain.accounts import Caller
from app.errors import NotAuthenticated
from app.state import State

bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="From POST /auth/login")
BearerHeader = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


# Dependencies are async even where nothing waits: FastAPI runs others in a thread, which costs more
# than a query.
async def state(request: Request) -> State:
    return request.app.state.parts


Parts = Annotated[State, Depends(state)]


async def _reading_or_writing(
    request: Request, parts: Parts, background: BackgroundTasks
) -> AsyncIterator[AsyncSession]:
    """A GET needs no transaction; anything else gets one, committed before the response is sent."""
    async with parts.database.session(reading=request.method == "GET") as session:
        yield session
    for event in events.announced(session):
        background.add_task(parts.notify, event)


Session = Annotated[AsyncSession, Depends(_reading_or_writing, scope="function")]


async def _transaction(parts: Parts, background: BackgroundTasks) -> AsyncIterator[AsyncSession]:
    """For a GET that writes."""
    async with parts.database.session() as session:
        yield session
    for event in events.announced(session):
        background.add_task(parts.notify, event)


Transaction = Annotated[AsyncSession, Depends(_transaction, scope="function")]


async def _caller(session: Session, parts: Parts, header: BearerHeader) -> Caller:
    if header is None:
        raise NotAuthenticated("Not authenticated")
    return await accounts.identify(session, parts.tokens.read(header.credentials))


CurrentCaller = Annotated[Caller, Depends(_caller)]


async def client_address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


ClientAddress = Annotated[str, Depends(client_address)]


class AuthenticatedRoute(APIRoute):
    """Answers 401 before 422 even when the body is not JSON at all.

    FastAPI parses the body before it asks who calls; this asks first when parsing failed.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError:
                await require_caller(request)
                raise

        return handler


async def require_caller(request: Request) -> None:
    """Raises NotAuthenticated unless the request carries a valid token."""
    parts = await state(request)
    header = await bearer(request)
    async with parts.database.session(reading=True) as session:
        await _caller(session, parts, header)
