"""The caller's own account, and the search for other users."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.dependencies import AppResources, CurrentCaller, Reads, Session
from app.api.limited import by_caller, limited
from app.api.openapi_errors import errors
from app.api.route_classes import AuthenticatedRoute
from app.schemas.collaboration import PasswordChange, Person, Profile
from app.schemas.fields import WITHOUT_NUL, Message
from app.services import passwords, rate_limits, users

router = APIRouter(prefix="/users", tags=["users"], route_class=AuthenticatedRoute)


@router.get("/me", response_model=Profile, responses=errors(401))
async def get_me(reader: Reads, caller: CurrentCaller) -> Any:
    """The caller's own account."""
    return await users.profile(reader, caller)


@router.get("/search", response_model=list[Person], responses=errors(401))
async def search_users(
    query: Annotated[str, Query(min_length=1, pattern=WITHOUT_NUL)],
    reader: Reads,
    caller: CurrentCaller,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Any:
    """Other users whose name contains the query, in any case."""
    return await users.search(reader, caller, words=query, limit=limit)


@router.patch("/me/change-password", responses=errors(400, 401, 413, 429))
@limited(rate_limits.CHANGE_PASSWORD, by_caller)
async def change_password(
    body: PasswordChange, session: Session, caller: CurrentCaller, resources: AppResources
) -> Message:
    """A wrong current password is 400: on a 401 clients drop their token."""
    await resources.rate_limiter.hit(rate_limits.CHANGE_PASSWORD, caller.id)
    await passwords.change(
        session,
        resources.passwords,
        caller,
        current=body.current_password,
        new=body.new_password,
    )
    return Message(message="Password changed")
