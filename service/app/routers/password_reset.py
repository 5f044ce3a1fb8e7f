"""A forgotten password."""

from fastapi import APIRouter

from app import limits
from app.dependencies import ClientAddress, Parts, Session
from app.domain import passwords
from app.operations import WritingRoute
from app.routers.documented import errors
from app.schemas.collaboration import Reset, ResetRequest
from app.schemas.fields import Message

router = APIRouter(prefix="/auth/password-reset", tags=["auth"], route_class=WritingRoute)


@router.post("/request", responses=errors(413, 429))
async def request_password_reset(
    body: ResetRequest, parts: Parts, session: Session, address: ClientAddress
) -> Message:
    """The same answer whether or not someone has the address."""
    await parts.limits.hit(limits.PASSWORD_RESET, address)
    await passwords.request_reset(session, email=body.email)
    return Message(message="If the address is known, a reset link is on its way")


@router.post("/verify", responses=errors(400, 413))
async def reset_password(body: Reset, parts: Parts, session: Session) -> Message:
    await passwords.reset(session, parts.passwords, token=body.token, new=body.new_password)
    return Message(message="Password reset")
