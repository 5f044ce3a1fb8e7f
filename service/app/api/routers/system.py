"""Where clients, probes and people look first."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.api.dependencies import AppResources

router = APIRouter(tags=["system"])


class Welcome(BaseModel):
    """What this is."""

    message: str
    status: Literal["running"] = "running"


class Health(BaseModel):
    """This process answers; the database's state is the last one seen."""

    status: Literal["ok"] = "ok"
    database: Literal["healthy", "unhealthy"]


class Version(BaseModel):
    """What runs here."""

    version: str
    environment: str


class Ready(BaseModel):
    """Whether requests can be served, and what each part answered."""

    status: Literal["ready", "unready"]
    checks: dict[str, str]


@router.get("/")
async def welcome() -> Welcome:
    return Welcome(message="Task manager API. See /docs")


@router.get("/favicon.ico", status_code=204)
async def favicon() -> None:
    return None


@router.get("/health")
async def health(resources: AppResources) -> Health:
    """Touches nothing but this process, so that a slow database never gets it restarted."""
    return Health(database="healthy" if resources.database.healthy else "unhealthy")


@router.get("/version")
async def version(resources: AppResources) -> Version:
    return Version(version=resources.settings.release, environment=resources.settings.environment)


@router.get("/ready", responses={503: {"model": Ready, "description": "Something is missing"}})
async def ready(resources: AppResources, response: Response) -> Ready:
    """Asks Postgres and Redis, and compares the schema with what this code needs."""
    checks = await resources.readiness.check()
    if all(answer == "ok" for answer in checks.values()):
        return Ready(status="ready", checks=checks)
    response.status_code = 503
    return Ready(status="unready", checks=checks)
