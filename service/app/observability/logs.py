"""Logs as JSON, one object per line, each with the id of the request it belongs to."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

# What every record has; anything else came as `extra` and is part of the message.
STANDARD = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "color_message"}
ENCODER = json.JSONEncoder(default=str)


class JsonFormatter(logging.Formatter):
    """One line per record, however many lines its traceback has."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            fields["request_id"] = current
        fields |= {key: value for key, value in record.__dict__.items() if key not in STANDARD}
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return ENCODER.encode(fields)


def configure() -> None:
    """Everything this process says goes to stdout in one form, uvicorn's own lines included."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Its access log would show query strings, and with them tokens; ours shows routes.
    logging.getLogger("uvicorn.access").disabled = True
