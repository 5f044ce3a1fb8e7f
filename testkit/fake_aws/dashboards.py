"""The body of a dashboard, checked as CloudWatch checks it; moto takes any JSON.

Source: "Dashboard body structure and syntax" and "Quotas" in the documentation of CloudWatch.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

COLUMNS, TALLEST = 24, 1000
MOST_WIDGETS, MOST_METRICS, MOST_IN_WIDGET = 500, 2500, 500
WIDGET = {"type", "x", "y", "width", "height", "properties"}
KNOWN: dict[str, set[str]] = {
    "text": {"markdown", "background"},
    "metric": {
        *("accountId", "annotations", "labels", "legend", "liveData", "metrics", "period"),
        *("region", "setPeriodToTimeRange", "singleValueFullPrecision", "sparkline", "stacked"),
        *("stat", "table", "timezone", "title", "trend", "view", "yAxis"),
    },
}
"""The properties of a widget, by its type; types that no dashboard of ours has are left out."""
REQUIRED = {"text": {"markdown"}, "metric": {"region"}}
VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
SHOWN = {"accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible"}
SHOWN |= {"yAxis"}
IDENTIFIER = re.compile(r"[a-z][a-zA-Z0-9_]*")
STATISTIC = re.compile(
    r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|ts|tc|wm)(100|\d{1,2}(\.\d{1,10})?)"
)


def problems(body: str) -> list[str]:
    """The message of CloudWatch for a dashboard's body; nothing if it accepts it."""
    try:
        widgets: list[dict[str, Any]] = json.loads(body)["widgets"]
    except (ValueError, KeyError) as error:
        return [f"the body is no JSON with widgets: {error}"]
    count = sum(len(widget["properties"].get("metrics", [])) for widget in widgets)
    found = [problem for widget in widgets for problem in _of_widget(widget)]
    if len(widgets) > MOST_WIDGETS:
        found.append(f"{len(widgets)} widgets; accepted: {MOST_WIDGETS}")
    if count > MOST_METRICS:
        found.append(f"{count} metrics; accepted: {MOST_METRICS}")
    return found


def _of_widget(widget: dict[str, Any]) -> Iterator[str]:
    kind, properties = widget.get("type"), widget.get("properties", {})
    where = properties.get("title", kind)
    if kind not in KNOWN:
        yield f"there is no widget {kind!r}"
        return
    if unknown := sorted({*(set(widget) - WIDGET), *(set(properties) - KNOWN[kind])}):
        yield f"{where}: should NOT have additional properties: {', '.join(unknown)}"
    if missing := sorted(REQUIRED[kind] - set(properties)):
        yield f"{where}: should have required property {missing[0]!r}"
    x, width, height = (widget.get(key, 6) for key in ("x", "width", "height"))
    if not (0 <= x < COLUMNS and 1 <= width <= COLUMNS - x and 1 <= height <= TALLEST):
        yield f"{where}: does not fit into the {COLUMNS} columns"
    if properties.get("view", VIEWS[0]) not in VIEWS:
        yield f"{where}: there is no view {properties['view']!r}"
    yield from _of_metrics(where, properties)


def _of_metrics(where: str, properties: dict[str, Any]) -> Iterator[str]:
    metrics: list[list[Any]] = properties.get("metrics", [])
    options = [metric[-1] for metric in metrics if isinstance(metric[-1], dict)]
    named = [option["id"] for option in options if "id" in option]
    if len(metrics) > MOST_IN_WIDGET:
        yield f"{where}: {len(metrics)} metrics; accepted: {MOST_IN_WIDGET}"
    for option in options:
        if unknown := sorted(set(option) - SHOWN):
            yield f"{where}: should NOT have additional properties: {', '.join(unknown)}"
    for each in (properties, *options):
        if not STATISTIC.fullmatch(each.get("stat", "Average")):
            yield f"{where}: there is no statistic {each['stat']!r}"
        if (period := each.get("period", 60)) % 60 and period not in (1, 5, 10, 20, 30):
            yield f"{where}: the period {period} is no multiple of 60"
    for name in named:
        if not IDENTIFIER.fullmatch(name) or named.count(name) > 1:
            yield f"{where}: the id {name!r} is used twice, or does not begin with a small letter"
    for metric in metrics:
        # Namespace and name, then dimensions in pairs.
        texts = [part for part in metric if not isinstance(part, dict)]
        expression = isinstance(metric[-1], dict) and "expression" in metric[-1]
        if not (expression and not texts) and (len(texts) < 2 or len(texts) % 2):
            yield f"{where}: {metric} is neither an expression nor a metric with its dimensions"
