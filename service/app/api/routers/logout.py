"""The end of a session before its token expires."""

from fastapi import APIRouter

from app.api.dependencies import CurrentCaller, Session
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.services import accounts

router = APIRouter(prefix="/auth", tags=["auth"], route_class=AuthenticatedRoute)


@router.post("/logout", status_code=204, responses=errors(401, 429))
async def logout(session: Session, caller: CurrentCaller) -> None:
    """Ends all tokens of the account, also those of other devices."""
    await accounts.logout(session, caller)
