"""The root path, health, readiness and version."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.api.dependencies import AppResources
from app.api.routers.pages import page, prefers_html

router = APIRouter(tags=["system"])


class Welcome(BaseModel):
    """The service's name and state."""

    message: str
    status: Literal["running"] = "running"


class Health(BaseModel):
    """The process answers; the state of the database is that of the last statement."""

    status: Literal["ok"] = "ok"
    database: Literal["healthy", "unhealthy"]


class Version(BaseModel):
    """The release and its environment."""

    version: str
    environment: str


class Ready(BaseModel):
    """Whether the instance can serve, and the result of each check."""

    status: Literal["ready", "unready"]
    checks: dict[str, str]


@router.get(
    "/",
    response_model=Welcome,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def welcome(request: Request) -> Any:
    """A line of JSON for programs, a page for people."""
    if prefers_html(request.headers.get("accept", "")):
        welcome = page("home")
    else:
        welcome = JSONResponse(Welcome(message="Task manager API. See /docs").model_dump())
    welcome.headers["Vary"] = "Accept"
    return welcome


@router.get("/favicon.ico", status_code=204)
async def favicon() -> None:
    """No icon, without an error."""


@router.get("/health")
async def health(resources: AppResources) -> Health:
    """Checks this process only, so that a slow database does not get it restarted."""
    return Health(database="healthy" if resources.database.healthy else "unhealthy")


@router.get("/version")
async def version(resources: AppResources) -> Version:
    """The release that serves, and its environment."""
    return Version(version=resources.settings.release, environment=resources.settings.environment)


@router.get("/ready", responses={503: {"model": Ready, "description": "A check failed"}})
async def ready(resources: AppResources, response: Response) -> Ready:
    """Checks Postgres, Redis and the schema's revision."""
    checks = await resources.readiness.check()
    if all(answer == "ok" for answer in checks.values()):
        return Ready(status="ready", checks=checks)
    response.status_code = 503
    return Ready(status="unready", checks=checks)
