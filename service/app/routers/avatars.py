"""Pictures of users."""

from fastapi import APIRouter, Request, Response

from app.dependencies import CurrentCaller, Parts, Session
from app.domain import avatars
from app.errors import BadRequest
from app.operations import AuthenticatedRoute
from app.routers.documented import Responses, errors
from app.routers.stored import FORM, answer, bytes_of, form_file
from app.schemas.files import AvatarSet

router = APIRouter(prefix="/users", tags=["users"], route_class=AuthenticatedRoute)
public = APIRouter(prefix="/users", tags=["users"])

# FastAPI documents it for declared inputs only, and this one is read by hand.
INVALID: Responses = {
    422: {
        "description": "No form with a file",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}
        },
    }
}


@router.post("/me/avatar", responses=errors(400, 401, 500) | INVALID, openapi_extra=FORM)
async def set_avatar(
    request: Request, session: Session, caller: CurrentCaller, parts: Parts
) -> AvatarSet:
    upload = await form_file(request)
    if not upload.declared_type.startswith("image/"):
        raise BadRequest("The file must be an image")
    with parts.store.spool() as spool:
        await upload.write_to(spool, limit=parts.settings.max_avatar_size)
        picture = await parts.images.remade(spool, name=upload.name)
    return AvatarSet(avatar_url=await avatars.put(session, caller, picture, parts.store))


@public.get(
    "/{user_id}/avatar.{extension}",
    response_class=Response,
    responses=bytes_of("image/*", "The picture") | errors(404, 500),
)
async def get_avatar(user_id: int, extension: str, parts: Parts) -> Response:
    """Public, as browsers load pictures without a token."""
    with parts.database.reading() as reader:
        found, content_type = await avatars.find(reader, user_id, extension, parts.store)
    return answer(found, content_type, {})
