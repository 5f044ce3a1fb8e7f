"""The error answers of operations, for OpenAPI."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]


class Detail(BaseModel):
    """An ordinary error, as one sentence for people."""

    detail: str


class Titled(Detail):
    """A domain error, with extra keys."""

    error: str
    message: str


class Limited(Detail):
    """The caller has used up a rate limit; `error` names it."""

    error: str


class ValidationError(BaseModel):
    """One value that is wrong: its place in the request, and what is wrong with it."""

    type: str
    loc: list[str | int]
    msg: str
    ctx: dict[str, str] = {}


class HTTPValidationError(Detail):
    """A request that failed its validation; `errors` is for programs."""

    errors: list[ValidationError]


MODELS: dict[int, Any] = {
    400: Detail,
    401: Detail,
    403: Titled | Detail,
    404: Titled | Detail,
    409: Titled | Detail,
    412: Detail,
    413: Detail,
    429: Limited,
    500: Detail,
    503: Detail,
}
MEANINGS = {
    400: "The request is not possible in the present state",
    401: "No valid token",
    403: "The caller's permission is too low",
    404: "The resource does not exist",
    409: "It exists already",
    412: "The resource has changed since the client read it (If-Match)",
    413: "The body is too large",
    429: "Too many requests",
    500: "The file store or the mail server failed",
    503: "The instance is overloaded",
}


def install(app: FastAPI) -> None:
    """Documents a failed validation as it is here: FastAPI adds a body of its own by name."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        document = generated()
        schemas = document["components"]["schemas"]
        for model in (ValidationError, HTTPValidationError):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schema.pop("$defs", None)
            schemas[model.__name__] = schema
        return document

    app.openapi = openapi


def errors(*statuses: int) -> Responses:
    """The OpenAPI entries of these statuses."""
    return {
        status: {"model": MODELS[status], "description": MEANINGS[status]} for status in statuses
    }
