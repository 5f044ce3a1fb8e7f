"""What a key of the configuration accepts, and what a person reads who got it wrong."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True)
class Rule:
    """What one key accepts: in words, as a parser that raises ValueError, and an example."""

    accepts: str
    parse: Callable[[str], Any]
    example: str


def one_of(*values: str) -> Rule:
    """A rule that accepts exactly `values`."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(text)
        return text

    return Rule(" or ".join(values), parse, values[0])


def between(low: int, high: int, example: int) -> Rule:
    """A rule that accepts whole numbers from `low` to `high`, both included."""

    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return Rule(f"a whole number from {low} to {high}", parse, str(example))


def matching(pattern: re.Pattern[str], words: str, example: str, *, empty: bool = False) -> Rule:
    """A rule that accepts text matching `pattern` whole, and nothing at all where `empty`."""

    def parse(text: str) -> str:
        if not (pattern.fullmatch(text) or (empty and text == "")):
            raise ValueError(text)
        return text

    return Rule(words, parse, example)


def listed(parse_one: Callable[[str], str], words: str, example: str, *, empty: bool) -> Rule:
    """A rule for a list, separated by commas or line breaks, of what `parse_one` accepts."""

    def parse(text: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in re.split(r"[,\n]", text) if part.strip())
        if not parts and not empty:
            raise ValueError(text)
        return tuple(parse_one(part) for part in parts)

    return Rule(words, parse, example)


def switch(example: bool) -> Rule:
    """A rule that accepts true and false."""
    words = {"true": True, "false": False}

    def parse(text: str) -> bool:
        if text not in words:
            raise ValueError(text)
        return words[text]

    return Rule("true or false", parse, json.dumps(example))


def read(given: Mapping[str, str], rules: Mapping[str, Rule]) -> tuple[dict[str, Any], list[str]]:
    """The values of the keys in `rules`, by their names in Python, and the problems with them."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, rule in rules.items():
        try:
            values[snake(key)] = rule.parse(given.get(key, ""))
        except ValueError:
            problems.append(refused(key, given.get(key), rule))
    return values, problems


def full(key: str) -> str:
    """The key as `pulumi config` takes it."""
    return f"{pulumi.get_project()}:{key}"


def refused(key: str, value: str | None, rule: Rule) -> str:
    """The line for a value that its rule does not accept."""
    was = "is not set" if value is None else f"is {json.dumps(value)}"
    fix = f"pulumi config set {full(key)} {rule.example}"
    return f"{full(key)} {was}; accepted: {rule.accepts}. Fix: {fix}"


def conflicting(key: str, value: str, *, accepted: str, fix: str) -> str:
    """The line for a value that is fine alone but not with the others; `fix` follows `config`."""
    return f"{full(key)} is {json.dumps(value)}; accepted: {accepted}. Fix: pulumi config {fix}"


def snake(key: str) -> str:
    """The key's name in Python."""
    return re.sub(r"([A-Z])", lambda found: "_" + found.group(1).lower(), key)
