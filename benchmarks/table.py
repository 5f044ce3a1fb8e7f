"""A table for people."""

from collections.abc import Sequence


def show(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` in columns as wide as they need."""
    print("\n".join([f"\n{title}", *aligned(rows)]))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """`rows` as lines with columns as wide as they need."""
    widths = [max(len(row[i]) for row in rows) + 2 for i in range(len(rows[0]))]
    return [
        "  " + "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
