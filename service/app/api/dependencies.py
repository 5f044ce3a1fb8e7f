"""Dependencies of the operations. `route_classes` has identified the caller before any of them."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.resources import Resources
from app.persistence.read_queries import Reader
from app.services.accounts import Caller


# Dependencies are async even where they do not wait: FastAPI runs others in a thread, which costs
# more than a query.
async def resources(request: Request) -> Resources:
    """The objects that live as long as the app."""
    return request.app.state.resources


async def reader(request: Request) -> Reader:
    """The reader of this request."""
    return request.state.reader


async def session(request: Request) -> AsyncSession:
    """The session of this request."""
    return request.state.session


class Identified(HTTPBearer):
    """Documents the token in OpenAPI; the route class has checked it already."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """The caller that the route class has identified."""
        return request.state.caller


async def client_address(request: Request) -> str:
    """The client's address, behind our own proxies."""
    return request.client.host if request.client else "unknown"


identified = Identified(
    scheme_name="HTTPBearer", bearerFormat="JWT", description="From POST /auth/login"
)

AppResources = Annotated[Resources, Depends(resources)]
Reads = Annotated[Reader, Depends(reader)]
Session = Annotated[AsyncSession, Depends(session)]
CurrentCaller = Annotated[Caller, Depends(identified)]
ClientAddress = Annotated[str, Depends(client_address)]
