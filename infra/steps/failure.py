"""How a step of a release fails."""

import inspect
import logging
from contextlib import suppress
from typing import Any

import grpc

from infra.errors import UserError


class StepFailed(UserError):
    """A step of the release failed; the text is for the person who deploys.

    The process that runs the steps prints a stack trace for every exception that passes through
    its server, which would bury the text: raising this one turns that off.
    """

    def __init__(self, text: str) -> None:
        logging.getLogger("grpc._server").setLevel(logging.CRITICAL)
        super().__init__(text)


def end_call(error: StepFailed) -> None:
    """End the gRPC call that runs a step with the error's own text; return where there is none.

    gRPC's server puts "Exception calling application:" before the text of any other exception
    (`_call_behavior` in grpc/_server.py).
    """
    context = _calls_context()
    if context is not None:
        with suppress(Exception):
            context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _calls_context() -> Any:
    """The context of the gRPC call under way, which Pulumi's server hands to no provider."""
    frame = inspect.currentframe()
    while frame is not None:
        context = frame.f_locals.get("context")
        if hasattr(context, "abort") and hasattr(context, "set_details"):
            return context
        frame = frame.f_back
    return None
