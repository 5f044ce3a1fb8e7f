"""Refuses operations above a rate limit before their body is read.

The operation itself counts, once its input is valid: a request that is answered 401 or 422 counts
for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request

from app.api.resources import Resources
from app.services.rate_limits import RateLimit

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Subject = Callable[[Request], str | int]

ATTRIBUTE = "rate_limits"


@dataclass(frozen=True)
class Limited:
    """A limit of an operation.

    limit: how many requests per unit of time
    subject: finds the client, account or resource whose requests count
    """

    limit: RateLimit
    subject: Subject


def by_client(request: Request) -> str:
    """Counts per client address."""
    return request.client.host if request.client else "unknown"


def by_caller(request: Request) -> int:
    """Counts per account."""
    return request.state.caller.id


def by_caller_and_task(request: Request) -> str:
    """Counts per account and task."""
    return f"{request.state.caller.id}:{request.path_params['task_id']}"


def limited(limit: RateLimit, subject: Subject) -> Callable[[Endpoint], Endpoint]:
    """Marks an endpoint, also with several limits; the decorator stands below that of the route."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, ATTRIBUTE, (*limits_of(endpoint), Limited(limit, subject)))
        return endpoint

    return mark


def limits_of(endpoint: Callable[..., Any] | None) -> tuple[Limited, ...]:
    """The marks of an endpoint."""
    return getattr(endpoint, ATTRIBUTE, ())


async def refuse_above(limits: tuple[Limited, ...], request: Request) -> None:
    """Raises TooManyRequests when one of the limits is used up already."""
    resources: Resources = request.app.state.resources
    for limited in limits:
        await resources.rate_limiter.check(limited.limit, limited.subject(request))
