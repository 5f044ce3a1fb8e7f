"""Latency over time as a picture, with the phases of the releases behind it."""

from pathlib import Path

import pygal

from benchmarks.chart_style import look
from benchmarks.release.phases import Span
from benchmarks.release.timeline import Timeline

SHADES = {
    "build": "#9e9e9e",
    "migrate": "#8d6e63",
    "start": "#4caf50",
    "health, switch, drain, gate": "#ff9800",
    "remove old": "#e57373",
}
LINES = {"p50": "#1565c0", "p99": "#0d1b2a"}
SHOWN_RELEASES = 3
MARGIN_SECONDS = 12.0
"""What a picture has room for: the first releases, and some of the quiet around them."""


def latency(timeline: Timeline, path: Path) -> None:
    """Write `timeline` as SVG: the median and the 99th percentile of every second."""
    shown_releases = timeline.releases[:SHOWN_RELEASES]
    begin = shown_releases[0].begin - timeline.began - MARGIN_SECONDS
    end = shown_releases[-1].end - timeline.began + MARGIN_SECONDS
    lines = {
        name: [
            (at - begin, value)
            for at, value in timeline.by_second(int(name[1:]))
            if begin <= at <= end
        ]
        for name in LINES
    }
    top = max(value for _, value in lines["p99"])
    shown = [name for name in SHADES if name in timeline.phases]
    colours = [SHADES[name] for name in shown] + list(LINES.values())
    chart = pygal.XY(
        title=f"Latency in {len(shown_releases)} of {len(timeline.releases)} releases under load; "
        f"{timeline.failed:,} of {len(timeline.answers):,} requests failed in all",
        x_title="seconds",
        y_title="milliseconds",
        range=(0, top),
        xrange=(0, end - begin),
        show_dots=False,
        allow_interruptions=True,
        **look(colours),
    )
    for name in shown:
        spans = [span for span in timeline.phases[name] if span.end - timeline.began <= end]
        bars = _bars(spans, since=timeline.began + begin, top=top)
        chart.add(name, bars, fill=True, stroke_style={"width": 0})
    for name, points in lines.items():
        chart.add(name, points, stroke_style={"width": 1.6})
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.render_to_file(str(path))


def _bars(spans: list[Span], *, since: float, top: float) -> list[tuple[float, float] | None]:
    """From the axis to `top`, one for each of `spans`."""
    bars: list[tuple[float, float] | None] = []
    for span in spans:
        begin, end = span.begin - since, span.end - since
        bars += [(begin, 0), (begin, top), (end, top), (end, 0), None]
    return bars
