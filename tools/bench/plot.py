"""Latency over time as a picture, with the phases of the releases behind it."""

from pathlib import Path

import pygal
from pygal.style import Style

from tools.bench.timeline import Timeline

SHADES = {
    "build": "#9e9e9e",
    "migrate": "#8d6e63",
    "start": "#4caf50",
    "health, switch, drain, gate": "#ff9800",
    "remove old": "#e57373",
}
LINES = {"p50": "#1565c0", "p99": "#0d1b2a"}


def latency(timeline: Timeline, path: Path) -> None:
    """Write `timeline` as SVG: the median and the 99th percentile of every second."""
    lines = {name: timeline.by_second(int(name[1:])) for name in LINES}
    top = max(value for _, value in lines["p99"])
    shown = [name for name in SHADES if name in timeline.phases]
    colours = [SHADES[name] for name in shown] + list(LINES.values())
    chart = pygal.XY(
        title=f"{len(timeline.releases)} releases under load: {len(timeline.answers)} requests, "
        f"{timeline.failed} failed",
        x_title="seconds",
        y_title="milliseconds",
        width=1200,
        height=480,
        show_dots=False,
        allow_interruptions=True,
        js=(),
        style=Style(colors=colours, opacity=".25", background="white", plot_background="white"),
    )
    for name in shown:
        chart.add(name, _bars(timeline, name, top), fill=True, stroke_style={"width": 0})
    for name, points in lines.items():
        chart.add(name, points)
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.render_to_file(str(path))


def _bars(timeline: Timeline, phase: str, top: float) -> list[tuple[float, float] | None]:
    """From the axis to `top`, one for each time that the phase was under way."""
    bars: list[tuple[float, float] | None] = []
    for span in timeline.phases[phase]:
        begin, end = span.begin - timeline.began, span.end - timeline.began
        bars += [(begin, 0), (begin, top), (end, top), (end, 0), None]
    return bars
