"""Tables on a terminal of 80 columns, and in a pipe."""

import sys

from rich.console import Console
from rich.table import Table

WIDE = 160
"""Columns for a pipe, which has no width: its reader wants whole names."""


def print_table(*tables: Table) -> None:
    """Print without the blanks that fill a line."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    with console.capture() as captured:
        for table in tables:
            console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()), flush=True)


def table(*headers: str) -> Table:
    """A table without lines, whose columns are as wide as their texts."""
    made = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    for header in headers:
        made.add_column(header, overflow="ellipsis", no_wrap=True)
    return made
