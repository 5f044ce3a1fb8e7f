"""The error answers of operations, for OpenAPI."""

from typing import Any

from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]


class Detail(BaseModel):
    """An ordinary error."""

    detail: str


class Titled(BaseModel):
    """A domain error, with extra keys."""

    error: str
    message: str


class Limited(BaseModel):
    """The caller has used up a rate limit; the text names it."""

    error: str


MODELS: dict[int, Any] = {
    400: Detail,
    401: Detail,
    403: Titled | Detail,
    404: Titled | Detail,
    409: Titled | Detail,
    413: Detail,
    429: Limited,
    500: Detail,
}
MEANINGS = {
    400: "The request is not possible in the present state",
    401: "No valid token",
    403: "The caller's permission is too low",
    404: "The resource does not exist",
    409: "It exists already",
    413: "The body is too large",
    429: "Too many requests",
    500: "The file store or the mail server failed",
}


def errors(*statuses: int) -> Responses:
    """The OpenAPI entries of these statuses."""
    return {
        status: {"model": MODELS[status], "description": MEANINGS[status]} for status in statuses
    }
