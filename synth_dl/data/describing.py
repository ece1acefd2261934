"""The inferred schema as a table for the console."""

from typing import TYPE_CHECKING

import pandas as pd

from synth_dl.codecs.table import TableCodec

if TYPE_CHECKING:
    from rich.table import Table as ConsoleTable


def schema_table(codec: TableCodec, frame: pd.DataFrame) -> "ConsoleTable":
    """A row for each column: type, categories or values, missing cells, range, encoding.

    The range is the one that the codec keeps, so it rests on as many rows as that.
    """
    from rich.box import SIMPLE
    from rich.table import Table as ConsoleTable
    from rich.text import Text

    table = ConsoleTable(title=f"{len(frame):,} rows, {len(codec.columns)} columns", box=SIMPLE)
    widest = {"column": 24, "type": 16, "range": 34, "encoded as": 34}
    for title in ("column", "type", "values", "missing", "range", "encoded as"):
        justify = "right" if title in ("values", "missing") else "left"
        table.add_column(
            title, justify=justify, no_wrap=True, overflow="ellipsis", max_width=widest.get(title)
        )
    for column, inner in zip(codec.schema.columns, codec.columns, strict=True):
        series = frame[column.name]
        span, encoding = inner.describe()
        kind = f"ordered {column.type}" if column.ordered else column.type
        missing = f"{100 * series.isna().mean():.1f} %" if series.isna().any() else ""
        cells = (column.name, kind, f"{series.nunique():,}", missing, span, encoding)
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table
