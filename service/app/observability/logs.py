"""Logs as JSON, one object per line, each with the id of its request."""

import logging
import sys
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

RENAMED = {"name": "logger", "exc_info": "error"}


class RequestFormatter(JsonFormatter):
    """One line per record, with the release, the request's id and a lower-case level."""

    def __init__(self, release: str) -> None:
        self._release = short(release)
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "%(name)s %(message)s", rename_fields=RENAMED, timestamp="time"
        )

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        """Adds the fields that every line of this service has."""
        super().add_fields(log_data, record, message_dict)
        log_data["level"] = record.levelname.lower()
        log_data["release"] = self._release
        # uvicorn's copy of its own message, with terminal colours.
        log_data.pop("color_message", None)
        if current := request_id.get():
            log_data["request_id"] = current


def short(release: str) -> str:
    """The first 12 digits of an image's digest; another name as it is."""
    return release.removeprefix("sha256:")[:12] if release.startswith("sha256:") else release


def configure(release: str) -> None:
    """Sends all records of this process, uvicorn's included, to stdout in one format."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(RequestFormatter(release))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Its access log contains query strings, and with them tokens; ours contains routes.
    logging.getLogger("uvicorn.access").disabled = True
