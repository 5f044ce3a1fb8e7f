"""Reading the settings, with one line for each problem."""

import sys
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from app.settings.source import SettingsProblem

S = TypeVar("S", bound=BaseSettings)


def _line(settings: type[BaseSettings], error: Any) -> str:
    """One line for one problem; never the value, which may be a secret."""
    name = str(error["loc"][0])
    reason = (
        "required" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
    )
    return f"{name.upper()}: {reason}; accepted: {settings.model_fields[name].description}"


def load(settings: type[S], **values: Any) -> S:
    """The settings, or a SettingsProblem that lists everything wrong with them."""
    try:
        return settings(**values)
    except ValidationError as error:
        raise SettingsProblem([_line(settings, each) for each in error.errors()]) from None


def load_or_exit(settings: type[S]) -> S:
    """For a process's start: prints one line per problem and ends it."""
    try:
        return load(settings)
    except SettingsProblem as problem:
        for line in problem.lines:
            print(f"settings: {line}", file=sys.stderr)
        sys.exit(1)
