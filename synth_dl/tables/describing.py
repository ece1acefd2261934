"""The inferred schema as a table for the console."""

from typing import TYPE_CHECKING

import pandas as pd

from synth_dl.tables.codec import TableCodec

if TYPE_CHECKING:
    from rich.table import Table as ConsoleTable

GAPS = 6 * 3 + 1  # characters beside the six columns
WIDEST = 48  # characters of a range or an encoding in one line


def schema_table(
    codec: TableCodec, frame: pd.DataFrame, width: int = 140, rows: str = ""
) -> "ConsoleTable":
    """A row for each column: type, categories or values, missing cells, range, encoding.

    The range is the one that the codec keeps, so it rests on as many rows as that.

    Args:
        codec: fitted on the rows.
        frame: the rows.
        width: characters in a line; in narrow ones ranges and encodings take several lines.
        rows: what is said of their number, where these are not the rows themselves.
    """
    from rich.box import SIMPLE
    from rich.table import Table as ConsoleTable
    from rich.text import Text

    cells = [_cells(codec, index, frame) for index in range(len(codec.columns))]
    titles = ("column", "type", "values", "missing", "range", "encoded as")
    lengths = [max(len(title), *(len(row[k]) for row in cells)) for k, title in enumerate(titles)]
    name = min(lengths[0], max(16, width // 3))
    left = width - GAPS - name - sum(lengths[1:4])
    table = ConsoleTable(
        title=f"{rows or f'{len(frame):,} rows'}, {len(cells)} columns", box=SIMPLE
    )
    limits = (name, None, None, None, *(min(WIDEST, max(12, left // 2)),) * 2)
    for title, limit in zip(titles, limits, strict=True):
        right = title in ("values", "missing")
        table.add_column(
            title, justify="right" if right else "left", max_width=limit, overflow="fold",
            no_wrap=limit is None,
        )  # fmt: skip
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _cells(codec: TableCodec, index: int, frame: pd.DataFrame) -> tuple[str, ...]:
    column = codec.schema.columns[index]
    series: pd.Series = frame.loc[:, column.name]
    span, encoding = codec.columns[index].describe()
    kind = f"ordered {column.type}" if column.ordered else column.type
    missing = f"{100 * series.isna().mean():.1f} %" if series.isna().any() else ""
    return column.name, kind, f"{series.nunique():,}", missing, span, encoding
