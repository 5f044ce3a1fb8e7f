"""Avatars."""

from fastapi import APIRouter, Request, Response

from app.api.caching import revalidated
from app.api.dependencies import AppResources, CurrentCaller, Session
from app.api.file_responses import FORM, answer, bytes_of, form_file
from app.api.limited import by_caller, limited
from app.api.openapi_errors import Responses, errors
from app.api.resources import Resources
from app.api.route_classes import AuthenticatedRoute
from app.errors import BadRequest
from app.schemas.files import AvatarSet
from app.services import avatars, rate_limits
from app.services.accounts import Caller
from app.services.images import Picture

router = APIRouter(prefix="/users", tags=["users"], route_class=AuthenticatedRoute)
public = APIRouter(prefix="/users", tags=["users"])

# FastAPI documents 422 for declared inputs only; these operations read the form themselves.
INVALID: Responses = {
    422: {
        "description": "No form with a file",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}
        },
    }
}


@router.post("/me/avatar", responses=errors(400, 401, 429, 500, 503) | INVALID, openapi_extra=FORM)
@limited(rate_limits.AVATAR, by_caller)
async def set_avatar(
    request: Request, session: Session, caller: CurrentCaller, resources: AppResources
) -> AvatarSet:
    """Replaces the caller's avatar."""
    async with resources.images.accounts.of(caller.id):
        picture = await _picture(request, caller, resources)
    return AvatarSet(avatar_url=await avatars.put(session, caller, picture, resources.store))


async def _picture(request: Request, caller: Caller, resources: Resources) -> Picture:
    upload = await form_file(request)
    await resources.rate_limiter.hit(rate_limits.AVATAR, caller.id)
    if not upload.declared_type.startswith("image/"):
        raise BadRequest("The file must be an image")
    with resources.store.spool() as spool:
        await upload.write_to(spool, limit=resources.settings.max_avatar_size)
        return await resources.images.small(spool, name=upload.name)


@public.get(
    "/{user_id}/avatar.{extension}",
    response_class=Response,
    responses=bytes_of("image/*", "The avatar") | errors(404, 500),
)
async def get_avatar(
    user_id: int, extension: str, request: Request, resources: AppResources
) -> Response:
    """Public, as browsers load pictures without a token."""
    with resources.database.reader() as reader:
        stored, content_type = await avatars.find(reader, user_id, extension, resources.store)
    return revalidated(request, answer(stored, content_type, {}))
