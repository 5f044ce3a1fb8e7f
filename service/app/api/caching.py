"""Caching by clients: they keep copies, and ask before they use one again.

An answer to a token is for users who may see it now. `no-cache` makes a browser ask every time, and
an entity tag makes the answer short: 304 without a body while nothing has changed.
"""

from hashlib import blake2b

from fastapi import Request, Response

from app.api.file_responses import HeldFileResponse

PRIVATE = "private, no-cache"
# For tokens, and other answers that no client may keep.
NEVER = "no-store"
# The headers of a 304 that a cache needs to go on with its copy.
KEPT = ("cache-control", "content-location", "etag", "expires", "vary")


def entity_tag(body: bytes) -> str:
    """A strong tag: equal for equal bytes."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def revalidated(request: Request, response: Response) -> Response:
    """The response to a GET, or 304 when the client has the same one."""
    if response.status_code != 200:
        return response
    if "etag" not in response.headers:
        response.headers["ETag"] = entity_tag(bytes(response.body))
    known = request.headers.getlist("if-none-match")
    if not known or not _lists(known, response.headers["etag"]):
        return response
    if isinstance(response, HeldFileResponse):
        response.release()
    headers = {name: response.headers[name] for name in KEPT if name in response.headers}
    return Response(status_code=304, headers=headers)


def _lists(tags: list[str], wanted: str) -> bool:
    """Whether a client's copies are of the wanted tag, weak or not."""
    listed = [tag.strip().removeprefix("W/") for line in tags for tag in line.split(",")]
    return "*" in listed or wanted.removeprefix("W/") in listed
