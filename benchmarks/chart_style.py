"""How the charts of all benchmarks look."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pygal.graph.graph import Graph
from pygal.style import Style

# pygal adds an import hook of a kind that Python no longer knows, and pytest fails at it.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]


def look(colours: Sequence[str]) -> dict[str, Any]:
    """Settings for a picture in a Markdown page: no script, a white background of its own."""
    style = Style(
        colors=colours,
        opacity="1",
        background="white",
        plot_background="white",
        font_family="system-ui, sans-serif",
        legend_font_size=14,
        label_font_size=14,
        major_label_font_size=14,
        guide_stroke_color="#d0d7de",
        major_guide_stroke_color="#d0d7de",
        guide_stroke_dasharray="none",
        major_guide_stroke_dasharray="none",
    )
    return {"width": 1200, "height": 480, "truncate_legend": -1, "js": (), "style": style}


def write(chart: Graph, path: Path) -> None:
    """Write a chart into a file: the same numbers make the same file on every day."""
    chart.add_xml_filter(_undated)
    chart.render_to_file(str(path))


def _undated(root: Any) -> Any:
    # pygal writes the day into a comment (`Svg.__init__` in pygal/svg.py).
    for comment in [part for part in root if callable(part.tag)]:
        if comment.text.startswith("Generated with pygal"):
            root.remove(comment)
    return root
