"""Registering and logging in."""

from typing import Any

from fastapi import APIRouter

from app import limits
from app.dependencies import ClientAddress, Parts, Session
from app.domain import accounts
from app.operations import WritingRoute
from app.routers.documented import Titled, errors
from app.schemas.accounts import Login, Registration, Token, UserOut

router = APIRouter(prefix="/auth", tags=["auth"], route_class=WritingRoute)


@router.post("/register", status_code=201, response_model=UserOut, responses=errors(409, 413, 429))
async def register(
    body: Registration, parts: Parts, session: Session, address: ClientAddress
) -> Any:
    await parts.limits.hit(limits.REGISTER, address)
    return await accounts.register(
        session,
        parts.passwords,
        username=body.username,
        email=body.email,
        password=body.password,
    )


@router.post(
    "/login",
    responses={401: {"model": Titled, "description": "Wrong name or password"}} | errors(413, 429),
)
async def login(body: Login, parts: Parts, session: Session, address: ClientAddress) -> Token:
    await parts.limits.hit(limits.LOGIN, address)
    token = await accounts.login(
        session, parts.passwords, parts.tokens, username=body.username, password=body.password
    )
    return Token(access_token=token)
