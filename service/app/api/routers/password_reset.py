"""The reset of a forgotten password."""

from fastapi import APIRouter

from app.api.dependencies import AppResources, ClientAddress, Session
from app.api.limited import by_client, limited
from app.api.openapi_errors import errors
from app.api.route_classes import WritingRoute
from app.schemas.collaboration import Reset, ResetRequest
from app.schemas.fields import Message
from app.services import passwords, rate_limits

router = APIRouter(prefix="/auth/password-reset", tags=["auth"], route_class=WritingRoute)


@router.post("/request", responses=errors(413, 429))
@limited(rate_limits.PASSWORD_RESET, by_client)
async def request_password_reset(
    body: ResetRequest, resources: AppResources, session: Session, address: ClientAddress
) -> Message:
    """Mails a reset link; the answer is the same for an unknown address."""
    await resources.rate_limiter.hit(rate_limits.PASSWORD_RESET, address)
    await passwords.request_reset(session, resources.rate_limiter, email=body.email)
    return Message(message="If the address is known, a reset link is on its way")


@router.post("/verify", responses=errors(400, 413))
async def reset_password(body: Reset, resources: AppResources, session: Session) -> Message:
    """Sets a new password by the token from the mail."""
    await passwords.reset(session, resources.passwords, token=body.token, new=body.new_password)
    return Message(message="Password reset")
