"""Registration and login."""

from typing import Any

from fastapi import APIRouter, Response

from app.api.caching import NEVER
from app.api.dependencies import AppResources, ClientAddress, Session
from app.api.limited import by_client, limited
from app.api.openapi_errors import Titled, errors
from app.api.route_classes import WritingRoute
from app.schemas.accounts import Login, Registration, Token, UserOut
from app.services import accounts, guesses, rate_limits

router = APIRouter(prefix="/auth", tags=["auth"], route_class=WritingRoute)


@router.post(
    "/register", status_code=201, response_model=UserOut, responses=errors(400, 409, 413, 429)
)
@limited(rate_limits.REGISTER, by_client)
async def register(
    body: Registration, resources: AppResources, session: Session, address: ClientAddress
) -> Any:
    """Creates an account."""
    await resources.rate_limiter.hit(rate_limits.REGISTER, address)
    return await accounts.register(
        session,
        resources.passwords,
        username=body.username,
        email=body.email,
        password=body.password,
    )


@router.post(
    "/login",
    responses={401: {"model": Titled, "description": "Wrong name or password"}} | errors(413, 429),
)
@limited(rate_limits.LOGIN, by_client)
async def login(
    body: Login,
    resources: AppResources,
    session: Session,
    address: ClientAddress,
    response: Response,
) -> Token:
    """A token for a username and its password."""
    await resources.rate_limiter.hit(rate_limits.LOGIN, address)
    guesses_of_name = guesses.counted(
        resources.rate_limiter, resources.cache, username=body.username, address=address
    )
    async with guesses_of_name:
        token = await accounts.login(
            session,
            resources.passwords,
            resources.tokens,
            username=body.username,
            password=body.password,
        )
    response.headers["Cache-Control"] = NEVER
    return Token(access_token=token)
