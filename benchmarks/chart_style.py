"""How the charts of all benchmarks look."""

import sys
from collections.abc import Sequence
from typing import Any

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
