"""Filter patterns of CloudWatch Logs for lines of JSON: conditions joined by `&&`.

Source: "Filter pattern syntax" in the documentation of CloudWatch Logs. moto keeps a pattern and
applies none.
"""

import json
import operator
import re
from collections.abc import Callable
from typing import Any

CONDITION = re.compile(r'\$\.(\w+) (=|!=|>=|<=|>|<) (\*|"[^"]*"|-?\d+(?:\.\d+)?)')
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def value(transformation: dict[str, Any], pattern: str, line: str) -> float | None:
    """The value that a metric gets from `line`; None where the pattern does not match.

    Raises ValueError for a pattern that is none of these.
    """
    conditions = [CONDITION.fullmatch(part.strip()) for part in pattern.strip("{} ").split("&&")]
    if not (pattern.startswith("{") and pattern.endswith("}") and all(conditions)):
        raise ValueError(f"not a pattern of conditions: {pattern}")
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or not all(_holds(each, entry) for each in conditions if each):
        return None
    source: str = transformation["value"]
    return float(entry[source.removeprefix("$.")] if source.startswith("$") else source)


def _holds(condition: re.Match[str], entry: dict[str, Any]) -> bool:
    field, sign, literal = condition.groups()
    given = entry.get(field)
    if given is None:
        return False
    if literal == "*":
        return sign == "="
    wanted = json.loads(literal)
    numbers = isinstance(wanted, (int, float))
    if isinstance(given, (int, float)) != numbers:
        return False
    return COMPARED[sign](given, wanted)
