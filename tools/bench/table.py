"""A table for people."""

from collections.abc import Sequence


def show(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` in columns as wide as they need."""
    widths = [max(len(row[i]) for row in rows) + 2 for i in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f"  {''.join(cells)}".rstrip())
