"""Dependencies of the operations. `route_classes` has identified the caller before any of them."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.resources import Resources
from app.persistence.read_queries import Reader
from app.services.accounts import Caller


# Dependencies are async even where nothing waits: FastAPI runs others in a thread, which costs more
# than a query.
async def resources(request: Request) -> Resources:
    return request.app.state.resources


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

AppResources = Annotated[Resources, Depends(resources)]
Reads = Annotated[Reader, Depends(reader)]
Session = Annotated[AsyncSession, Depends(session)]
CurrentCaller = Annotated[Caller, Depends(identified)]
ClientAddress = Annotated[str, Depends(client_address)]
