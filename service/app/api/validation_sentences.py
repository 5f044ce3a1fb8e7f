"""One sentence for people about a request that failed its validation."""

from collections.abc import Mapping, Sequence
from typing import Any

Problem = Mapping[str, Any]

LONGEST_VALUE = 40
SECRETS = ("password", "token")
PLACES = {"body", "query", "path", "header", "cookie"}
BODY = "The body"

# By pydantic's type of error, with the values of its context.
PREDICATES = {
    "missing": "is missing",
    "json_invalid": "is not valid JSON",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must not contain a NUL character",
    "string_unicode": "must be valid Unicode",
    "list_type": "must be a list",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
# These name the value that was sent as well.
WITH_VALUE = {
    "literal_error": "must be {expected}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "date_type": "must be a date, written YYYY-MM-DD",
    "date_parsing": "must be a date, written YYYY-MM-DD",
    "date_from_datetime_parsing": "must be a date, written YYYY-MM-DD",
    "date_from_datetime_inexact": "must be a date, written YYYY-MM-DD",
    "datetime_type": "must be a date, or a date and a time",
    "datetime_parsing": "must be a date, or a date and a time",
    "datetime_from_date_parsing": "must be a date, or a date and a time",
}


def sentence(problems: Sequence[Problem]) -> str:
    """About the first problem, and how many more there are."""
    first, *others = problems
    if not others:
        return _about(first)
    more = "1 more value is" if len(others) == 1 else f"{len(others)} more values are"
    return f"{_about(first)}; {more} wrong"


def _about(problem: Problem) -> str:
    subject = _subject(problem["loc"])
    if problem["type"] == "value_error":
        reason = str(problem["ctx"]["error"])
        return f"{subject}{' ' if reason.startswith('must ') else ': '}{reason}"
    return f"{subject} {_predicate(problem)}"


def _subject(location: Sequence[str | int]) -> str:
    """`("body", "updates", "due_date")` as "Updates: due date"."""
    names: list[str] = []
    for part in location[1:] if location and location[0] in PLACES else location:
        if isinstance(part, int):
            # A position of a list; of JSON that cannot be parsed, the character.
            names[-1:] = [f"{names[-1]} number {part + 1}"] if names else []
        else:
            names.append(part.replace("_", " "))
    joined = ": ".join(names)
    return joined[:1].upper() + joined[1:] if joined else BODY


def _predicate(problem: Problem) -> str:
    kind = problem["type"]
    if kind == "string_pattern_mismatch" and "@" in problem["ctx"]["pattern"]:
        return "must be an address such as name@example.org"
    context: Mapping[str, Any] = problem.get("ctx") or {}
    if known := PREDICATES.get(kind):
        return _singular(known.format(**context))
    if known := WITH_VALUE.get(kind):
        return known.format(**context) + _value(problem)
    return f"is not accepted: {problem['msg']}"


def _singular(text: str) -> str:
    return text[:-1] if text.endswith((" 1 characters", " 1 items")) else text


def _value(problem: Problem) -> str:
    value, names = problem.get("input"), " ".join(map(str, problem["loc"]))
    if any(secret in names for secret in SECRETS) or not isinstance(value, str | int | float):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f", not {shown}" if len(shown) <= LONGEST_VALUE else ""
