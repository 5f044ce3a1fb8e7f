"""What routers ask for. Who calls and what is written with is settled before: see `operations`."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.accounts import Caller
from app.reading import Reader
from app.state import State


# Dependencies are async even where nothing waits: FastAPI runs others in a thread, which costs more
# than a query.
async def state(request: Request) -> State:
    return request.app.state.parts


async def reader(request: Request) -> Reader:
    return request.state.reader


async def session(request: Request) -> AsyncSession:
    return request.state.session


class Identified(HTTPBearer):
    """Documents that a token is needed; the operation has looked at it already."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        return request.state.caller


async def client_address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


identified = Identified(
    scheme_name="HTTPBearer", bearerFormat="JWT", description="From POST /auth/login"
)

Parts = Annotated[State, Depends(state)]
Reads = Annotated[Reader, Depends(reader)]
Session = Annotated[AsyncSession, Depends(session)]
CurrentCaller = Annotated[Caller, Depends(identified)]
ClientAddress = Annotated[str, Depends(client_address)]
