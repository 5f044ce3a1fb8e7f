"""Pages for people with a browser. Everything that they load comes from this service."""

from importlib.resources import files
from pathlib import Path

import fastapi_standalone_docs  # pyright: ignore[reportMissingTypeStubs] - read for its files
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from app.api.caching import revalidated

router = APIRouter(include_in_schema=False)

PAGES = Path(__file__).parents[2] / "pages"
# Pinned with its package, which ships these files.
PACKAGED = Path(str(files(fastapi_standalone_docs))) / "static"
ASSETS = {
    "/pages.css": PAGES / "pages.css",
    "/docs/start.js": PAGES / "docs.js",
    "/docs/swagger-ui.css": PACKAGED / "swagger" / "swagger-ui.css",
    "/docs/swagger-ui-bundle.js": PACKAGED / "swagger" / "swagger-ui-bundle.js",
    "/redoc/redoc.standalone.js": PACKAGED / "redoc" / "redoc.standalone.js",
    "/redoc/logo-mini.svg": PACKAGED / "redoc" / "logo-mini.svg",
}
SCRIPT_TYPE = {".js": "text/javascript"}
# A release may bring others under the same names.
CACHED = "public, no-cache"
# Both documentation pages style their elements from scripts; ReDoc searches in a worker of its own.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)


def page(name: str) -> Response:
    """One of the pages, with a policy that lets it load from this service only."""
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    return FileResponse(PAGES / f"{name}.html", headers=headers)


def prefers_html(accept: str) -> bool:
    """Whether a client asks for HTML rather than JSON, as browsers do and programs do not."""
    qualities: dict[str, float] = {}
    for listed in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in listed.split(";"))
        qualities[media_type] = _quality(parameters)
    return qualities.get("text/html", 0) > qualities.get("application/json", 0)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter.removeprefix("q="))
            except ValueError:
                return 0
    return 1


@router.get("/docs")
async def docs() -> Response:
    """The operations, to be tried."""
    return page("docs")


@router.get("/redoc")
async def redoc() -> Response:
    """The operations, to be read."""
    return page("redoc")


async def asset(request: Request) -> Response:
    """A file that a page loads."""
    path = ASSETS[request.scope["route"].path]
    # Without its size the file could not be compared with a copy before it is sent.
    response = FileResponse(
        path,
        headers={"Cache-Control": CACHED},
        media_type=SCRIPT_TYPE.get(path.suffix),
        stat_result=path.stat(),
    )
    return revalidated(request, response)


for address in ASSETS:
    router.add_api_route(address, asset)
