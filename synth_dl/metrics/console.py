"""The console of a command, and figures beside their references as a table on it."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Characters a line where the output goes into a file or a pipe, so that a figure keeps one line.
PLAIN_WIDTHS = {"train": 140, "evaluate": 120, "compare": 160, "augment": 130, "schema": 120}


def console_of(command: str = "", **options: Any) -> "Console":
    """The console that a command prints to; the options are those of rich."""
    from synth_dl.metrics.visible_console import VisibleConsole

    stream = sys.stderr if options.get("stderr") else sys.stdout
    console = VisibleConsole(highlight=False, file=getattr(stream, "plain", None), **options)
    if not console.is_terminal and command in PLAIN_WIDTHS:
        console.width = PLAIN_WIDTHS[command]
    return console


def figures_table(
    title: str,
    roles: Sequence[str],
    rows: Iterable[Sequence[str]],
    notes: Sequence[str],
    **style: Any,
) -> "Table":
    """Figures for a terminal, one a row.

    Args:
        title: over the table.
        roles: headings of the columns between those of the metric and of what is better.
        rows: title of the metric, a text for each role, and what is better.
        notes: stand under the table.
        style: of the table, as rich takes it.
    """
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption=escape("\n".join(notes)) or None, **style)
    table.caption_justify = "left"
    table.add_column("metric")
    for role in roles:
        table.add_column(role, justify="right")
    table.add_column("better")
    for row in rows:
        table.add_row(*row)
    return table
