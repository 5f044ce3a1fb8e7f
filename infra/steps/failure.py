"""How a step of a release fails."""

import logging

from infra.errors import UserError


class StepFailed(UserError):
    """A step of the release failed; the text is for the person who deploys.

    The process that runs the steps prints a stack trace for every exception that passes through
    its server, which would bury the text: raising this one turns that off.
    """

    def __init__(self, text: str) -> None:
        logging.getLogger("grpc._server").setLevel(logging.CRITICAL)
        super().__init__(text)
