"""Reading the settings, with one line for each problem."""

import sys
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from app.settings.source import SettingsError

S = TypeVar("S", bound=BaseSettings)


def _line(settings: type[BaseSettings], error: Any) -> str:
    """One line for one problem, without the value, which may be a secret."""
    name = str(error["loc"][0])
    reason = (
        "required" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
    )
    return f"{name.upper()}: {reason}; accepted: {settings.model_fields[name].description}"


def load(settings: type[S], **values: Any) -> S:
    """Reads the settings; raises a SettingsError that lists all problems."""
    try:
        return settings(**values)
    except ValidationError as error:
        raise SettingsError([_line(settings, problem) for problem in error.errors()]) from None


def load_or_exit(settings: type[S]) -> S:
    """As `load`; on problems prints one line for each and exits with 1."""
    try:
        return load(settings)
    except SettingsError as problem:
        for line in problem.lines:
            print(f"settings: {line}", file=sys.stderr)
        sys.exit(1)
