"""Turns errors into HTTP answers."""

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.errors import ServiceError

UNREADABLE = "There was an error parsing the body"


def install(app: FastAPI) -> None:
    """Registers the handlers."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """An error answer as JSON."""
    # ASCII, as an echoed input may contain a lone surrogate, which UTF-8 cannot encode.
    content = json.dumps(body, ensure_ascii=True).encode()
    return Response(content, status, headers, media_type="application/json")


async def _service_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - Starlette's handler type is too wide
    return answer(error.status, error.body, error.headers)


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    return answer(422, {"detail": [_problem(problem) for problem in error.errors()]})


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if error.detail == UNREADABLE:
        return answer(422, {"detail": [_unreadable()]})
    return answer(error.status_code, {"detail": error.detail}, dict(error.headers or {}))


def _unreadable() -> dict[str, Any]:
    return {"type": "json_invalid", "loc": ["body"], "msg": "Not readable as JSON", "input": None}


def _problem(error: dict[str, Any]) -> dict[str, Any]:
    """A problem as JSON, without passwords and without values that JSON cannot represent."""
    secret = any("password" in str(part) for part in error["loc"])
    value = error.get("input")
    shown = value if isinstance(value, str | int | bool) and not secret else None
    problem = {key: error[key] for key in ("type", "msg", "loc")} | {"input": shown}
    if context := error.get("ctx"):
        problem["ctx"] = {key: str(value) for key, value in context.items()}
    return problem
