"""How a text file is written: missing cells, the separator, and whether a header row is there."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

# Words for a missing cell.
MISSING_WORDS: tuple[str, ...] = (
    "", "?", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "<NA>", "#N/A",
    "#NA", "NaT",
)  # fmt: skip

# Missing where all other values of the column are numbers or dates; else a category like others.
WEAK_MISSING_WORDS: tuple[str, ...] = (
    "-", "--", ".", "None", "none", "NONE", "Null", "na", "N.A.", "n.a.", "missing", "Missing",
    "unknown", "Unknown", "0000-00-00", "0000-00-00 00:00:00", "#DIV/0!", "#VALUE!",
)  # fmt: skip

# Cells may be as long as they like.
csv.field_size_limit((1 << 31) - 1)

# From the one that is least often a part of ordinary text to the one that is most often.
SEPARATORS = "\t;|^~,"
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?%?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?|\d{1,2}:\d{2}(:\d{2})?")


def sniff_separator(head: str) -> str:
    """The separator with which most records have equally many cells; a comma where none has."""
    best = (0.0, -len(SEPARATORS), ",")
    for rank, separator in enumerate(SEPARATORS):
        if separator in head:
            counts = Counter(len(cells) for cells in split(head, separator))
            width, rows = counts.most_common(1)[0]
            if width > 1:
                best = max(best, (rows / counts.total(), -rank, separator))
    return best[2]


def split(head: str, separator: str, limit: int = 1000) -> list[list[str]]:
    """Cells of the first `limit` records that are not blank, without surrounding blanks."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator, skipinitialspace=True)
    records: list[list[str]] = []
    try:
        for cells in reader:
            if cells:
                records.append([cell.strip(" \t") for cell in cells])
            if len(records) == limit:
                break
    except csv.Error:
        # What was read so far must do.
        pass
    return records


def has_header(records: Sequence[Sequence[str]], names: Sequence[str] | None = None) -> bool:
    """Whether the first of some records holds names rather than values.

    It does where it equals the `names` that the user gave. Else a column that holds numbers or
    dates decides by whether its first cell is one; where there is none, the first record is a
    header unless `names` were given or several of its cells occur again below.
    """
    first, below = records[0], records[1:]
    if names is not None and [str(name).strip() for name in names] == list(first):
        return True
    if not below:
        return names is None and not any(_kind(cell) for cell in first)
    columns = [[row[index] for row in below if index < len(row)] for index in range(len(first))]
    typed = [
        (cell, kind)
        for cell, column in zip(first, columns, strict=True)
        if (kind := _common_kind(column)) and cell not in MISSING_WORDS
    ]
    if typed:
        alike = sum(_kind(cell) == kind for cell, kind in typed)
        return alike < 0.5 * len(typed) or _counts_up(first, below[0])
    again = sum(cell in column for cell, column in zip(first, columns, strict=True) if cell)
    return names is None and (again == 0 or again < 0.25 * len(first))


def _kind(cell: str) -> str | None:
    if _NUMBER.fullmatch(cell):
        return "number"
    return "date" if _DATE.fullmatch(cell) else None


def _common_kind(column: Sequence[str]) -> str | None:
    kinds = Counter(_kind(cell) for cell in column if cell not in MISSING_WORDS)
    if not kinds:
        return None
    kind, rows = kinds.most_common(1)[0]
    return kind if rows >= 0.9 * kinds.total() else None


def _counts_up(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the cells are 0, 1, 2 ... or years in a row, as only names of columns are."""

    def run(cells: Sequence[str]) -> bool:
        whole = [int(cell) for cell in cells if re.fullmatch(r"\d{1,4}", cell)]
        return len(whole) >= max(3, len(cells) - 2) and all(
            after - before == 1 for before, after in pairwise(whole)
        )

    return run(first) and not run(second)
