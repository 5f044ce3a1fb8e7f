"""The results as a table and as a plot."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pygal

from benchmarks.chart_style import look, write
from benchmarks.service.operations import READS
from benchmarks.table import aligned

COLOURS = ("#90a4ae", "#1565c0")
HEAD = (
    "",
    "ours/s",
    "baseline/s",
    "ratio",
    "p50 ms",
    "p99 ms",
    "baseline p99",
    "CPU ms",
    "CPU ratio",
)


def tables(results: dict[str, Any]) -> str:
    """Everything, for people."""
    lines: list[str] = []
    for size, result in results["sizes"].items():
        ceiling = result["ceiling"]["rate"]
        lines += [
            f"\n{size} tasks, {size} log entries, {results['connections']} connections",
            *aligned([HEAD, *(_row(*item) for item in result["operations"].items())]),
            *_reads(result),
            f"  the load tool and an empty route: {ceiling:.0f}/s",
            f"  memory of the worker after it: {result['memory']:.0f} MB",
        ]
    return "\n".join([*lines, *_growth(results["sizes"])])


def plot(results: dict[str, Any], path: Path) -> None:
    """The rate of each operation as a part of the baseline's, one bar per size."""
    chart = pygal.Bar(
        title="Rate relative to the baseline: a bare route with the same SQL",
        range=(0, 1),
        **look(COLOURS),
        value_formatter=lambda value: f"{value:.2f}",
    )
    for size, result in results["sizes"].items():
        chart.x_labels = list(result["operations"])
        ratios = [_ratio(sides, "rate") for sides in result["operations"].values()]
        chart.add(f"{size} tasks", ratios)
    write(chart, path)


def _row(name: str, sides: dict[str, dict[str, float]]) -> Sequence[str]:
    ours, baseline = sides["ours"], sides["baseline"]
    failed = f" ({ours['failed']:.0f} failed)" if ours["failed"] else ""
    return (
        name + failed,
        *(f"{rate:.0f}" for rate in (ours["rate"], baseline["rate"])),
        f"{_ratio(sides, 'rate'):.2f}",
        *(f"{time:.1f}" for time in (ours["p50"], ours["p99"], baseline["p99"])),
        f"{ours['cpu']:.2f}",
        f"{baseline['cpu'] / ours['cpu']:.2f}" if ours["cpu"] else "",
    )


def _reads(result: dict[str, Any]) -> list[str]:
    """The middle one of the reads' ratios to the baseline, if any read was measured."""
    ratios = [_ratio(pair, "rate") for name, pair in result["operations"].items() if name in READS]
    if not ratios:
        return []
    return [f"  median of reads: {statistics.median(ratios):.2f} of the baseline's rate"]


def _growth(sizes: dict[str, Any]) -> list[str]:
    """How the slowest requests change from the smallest database to the largest."""
    if len(sizes) < 2:
        return []
    small, *_, large = sizes.items()
    rows: list[Sequence[str]] = [("", "ours", "baseline")]
    for name in small[1]["operations"]:
        before, after = (size[1]["operations"][name] for size in (small, large))
        rows.append((name, *(f"{after[side]['p99'] / before[side]['p99']:.2f}" for side in after)))
    return [f"\np99 at {large[0]} tasks over p99 at {small[0]}", *aligned(rows)]


def _ratio(sides: dict[str, dict[str, float]], what: str) -> float:
    return sides["ours"][what] / sides["baseline"][what]
