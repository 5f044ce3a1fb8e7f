"""Draw the pictures of a run from its numbers: `python -m benchmarks.release.plot [FILE.json]`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pygal
from pygal.graph.graph import Graph

from benchmarks.chart_style import look, write
from benchmarks.release.record import Record
from bootstrap.paths import ROOT

COMMITTED = ROOT / "docs" / "images" / "release.json"
# Light areas behind two dark lines, each as its legend shows it.
AREAS = {
    "build": "#d0d7de",
    "migrate": "#e7cfa9",
    "start": "#b4dfbd",
    "switch": "#ffd98a",
    "remove old": "#f4b9b3",
}
LINES = {"median": "#0550ae", "slowest of a hundred": "#a40e26"}
BARS = ("#0550ae",)
SHOWN_RELEASES = 3
MARGIN_SECONDS = 10.0
HEADROOM = 1.08


def latency(record: Record, path: Path) -> None:
    """Draw the latency of every second of the first releases, with their phases behind it."""
    begin, end = window(record.releases)
    end = min(end, record.latency[-1][0])
    shown = [row for row in record.latency if begin <= row[0] <= end]
    top = top_of(record, begin, end)
    phases = [name for name in AREAS if name in record.phases]
    chart = pygal.XY(
        title=f"Latency of requests while {SHOWN_RELEASES} releases go on",
        x_title="seconds",
        y_title="milliseconds",
        range=(0, top),
        xrange=(0, end - begin),
        show_dots=False,
        allow_interruptions=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(phases) + len(LINES),
        **look([*(AREAS[name] for name in phases), *LINES.values()]),
    )
    for name in phases:
        spans = [span for span in record.phases[name] if begin <= span[0] and span[1] <= end]
        bars = _areas(spans, since=begin, top=top)
        chart.add(name, bars, fill=True, stroke_style={"width": 0})
    for column, name in enumerate(LINES, start=1):
        points = [(row[0] - begin, row[column]) for row in shown]
        chart.add(name, points, stroke_style={"width": 2.5})
    _render(chart, path)


def comparison(record: Record, path: Path) -> None:
    """Draw the failed requests per release of each way to release."""
    chart = pygal.HorizontalBar(
        title="Requests that fail while a release goes on",
        show_legend=False,
        x_title="failed requests per release",
        **{**look(BARS), "height": 280},
    )
    # The first bar is drawn at the bottom.
    ways = list(reversed(record.ways))
    chart.x_labels = [f"{way.way}: {way.failed:,} of {way.requests:,}" for way in ways]
    chart.add("", [way.failed / way.releases for way in ways])
    _render(chart, path)


def draw(record: Record, folder: Path) -> list[Path]:
    """Draw both pictures into `folder`; gives their paths."""
    pictures = [folder / "release.svg", folder / "release-comparison.svg"]
    for picture, drawing in zip(pictures, (latency, comparison), strict=True):
        drawing(record, picture)
    return pictures


def window(releases: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """From a quiet moment before the first release to one after the last that is shown."""
    shown, later = releases[:SHOWN_RELEASES], releases[SHOWN_RELEASES:]
    end = shown[-1][1] + MARGIN_SECONDS
    if later:
        # No part of a release that is not shown as a whole.
        end = min(end, later[0][0])
    return max(0.0, shown[0][0] - MARGIN_SECONDS), end


def top_of(record: Record, begin: float, end: float) -> float:
    """The upper end of the axis in ms, above every value between `begin` and `end`."""
    return HEADROOM * max(slow for at, _, slow in record.latency if begin <= at <= end)


def _areas(
    spans: Sequence[tuple[float, float]], *, since: float, top: float
) -> list[tuple[float, float] | None]:
    """A rectangle from the axis to `top` for each of `spans`."""
    corners: list[tuple[float, float] | None] = []
    for begin, end in spans:
        left, right = begin - since, end - since
        corners += [(left, 0), (left, top), (right, top), (right, 0), None]
    return corners


def _render(chart: Graph, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Random otherwise: the same numbers would make another file.
    chart.uuid = path.stem
    write(chart, path)


def main(arguments: Sequence[str]) -> int:
    """Draw the pictures of the given file, or the committed ones again, beside it."""
    source = Path(arguments[0]) if arguments else COMMITTED
    for picture in draw(Record.read(source), source.parent):
        print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
