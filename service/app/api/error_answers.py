"""Errors as HTTP answers. Each body has a `detail`: one sentence, which clients show to people."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api.validation_sentences import Problem, sentence
from app.errors import ServiceError

UNREADABLE = "There was an error parsing the body"
NOT_JSON: Problem = {"type": "json_invalid", "loc": ["body"], "msg": "Not readable as JSON"}


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
    return _invalid(error.errors())


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if error.detail == UNREADABLE:
        return _invalid([NOT_JSON])
    headers = dict(error.headers or {})
    return answer(error.status_code, {"detail": _detail(request, error, headers)}, headers)


def _detail(request: Request, error: HTTPException, headers: dict[str, str]) -> str:
    """The framework's own errors have the name of their status as their detail."""
    if error.status_code == 404:
        return "There is nothing at this address: /docs shows all there is"
    if error.status_code == 405:
        return f"This address answers {headers['Allow']}, not {request.method}"
    return str(error.detail)


def _invalid(problems: Sequence[Problem]) -> Response:
    shown = [_shown(problem) for problem in problems]
    return answer(422, {"detail": sentence(problems), "errors": shown})


def _shown(problem: Problem) -> dict[str, Any]:
    """Without the input, which may be a password, and without anything that cannot be JSON."""
    shown = {name: problem[name] for name in ("type", "loc", "msg")}
    if context := problem.get("ctx"):
        shown["ctx"] = {name: str(value) for name, value in context.items()}
    return shown
