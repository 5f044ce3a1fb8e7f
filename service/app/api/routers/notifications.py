"""Mail preferences, and the verification of an address."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse

from app.api.dependencies import AppResources, ClientAddress, CurrentCaller, Reads, Session
from app.api.limited import by_caller, limited
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute, WritingRoute
from app.persistence.read_queries import SessionReader
from app.schemas.fields import WITHOUT_NUL
from app.schemas.notifications import (
    Preferences,
    PreferencesChange,
    Subscribed,
    VerificationSent,
    VerificationToken,
    Verified,
)
from app.services import notifications, rate_limits, verification

Token = Annotated[str, Query(pattern=WITHOUT_NUL)]

router = APIRouter(prefix="/notifications", tags=["notifications"], route_class=AuthenticatedRoute)
public = APIRouter(prefix="/notifications", tags=["notifications"], route_class=WritingRoute)


@router.get("/preferences", response_model=Preferences, responses=errors(401))
async def get_preferences(reader: Reads, caller: CurrentCaller) -> Any:
    """The caller's mail preferences."""
    return await notifications.preferences(reader, caller)


@router.patch("/preferences", response_model=Preferences, responses=errors(401, 413, 429))
async def change_preferences(
    body: PreferencesChange, session: Session, caller: CurrentCaller
) -> Any:
    """Changes the caller's mail preferences."""
    return await notifications.change(session, caller, body.model_dump(exclude_unset=True))


@router.post("/subscribe", responses=errors(401, 429))
async def subscribe(session: Session, caller: CurrentCaller) -> Subscribed:
    """Answers the caller's address and changes nothing, as the preferences decide."""
    email = await notifications.address(SessionReader(session), caller)
    return Subscribed(message="Notifications go to your address", email=email)


@router.post("/send-verification", responses=errors(401, 429, 500))
@limited(rate_limits.VERIFICATION, by_caller)
async def send_verification(
    session: Session, caller: CurrentCaller, resources: AppResources, address: ClientAddress
) -> VerificationSent:
    """Mails a link that verifies the caller's address."""
    await resources.rate_limiter.hit(rate_limits.VERIFICATION_CLIENT, address)
    await resources.rate_limiter.hit(rate_limits.VERIFICATION, caller.id)
    email = await verification.send(
        session,
        resources.mailer,
        caller,
        rate_limiter=resources.rate_limiter,
        frontend_url=resources.settings.frontend_url,
    )
    return VerificationSent(message="A link is on its way", email=email, expires_in="24 hours")


@public.post("/verify", responses=errors(400, 413))
async def verify(body: VerificationToken, session: Session) -> Verified:
    """Verifies an address by the token from the mail."""
    username = await verification.verify(session, body.token)
    return Verified(message="Email address verified", username=username)


@public.get(
    "/verify",
    status_code=302,
    response_class=RedirectResponse,
    responses={302: {"description": "To the login page"}} | errors(400),
)
async def follow_link(token: Token, session: Session, resources: AppResources) -> RedirectResponse:
    """Verifies an address by the link in the mail, then redirects to the login page."""
    username = await verification.verify(session, token)
    query = urlencode({"emailVerified": "true", "username": username})
    return RedirectResponse(f"{resources.settings.frontend_url.rstrip('/')}/login?{query}", 302)
