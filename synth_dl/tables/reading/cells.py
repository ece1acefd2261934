"""The cells of a text file, each column as codes into its few distinct words.

Nothing here or after it works row by row: a column is parsed by parsing its distinct words.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from synth_dl.errors import DataError
from synth_dl.tables.promise import slack_of
from synth_dl.tables.reading.dialect import MISSING_WORDS, SEPARATORS, has_header, split
from synth_dl.tables.reading.preamble import skip_preamble
from synth_dl.tables.reading.quotes import BLANKS, Marks, mark_quoted
from synth_dl.tables.reading.text import Text

_BLOCK = 1 << 23
_WORD = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Cells:
    """One column of a text file.

    Attributes:
        name: as in the header.
        codes: for each row the index of its word in `words`, -1 where it is missing.
        words: the distinct words; only those in quotes have blanks around them.
        token: the missing token that is used most, or "".
        slack: rows that decide nothing of what the column is.
        tokens: all words for a missing cell.
    """

    name: str
    codes: np.ndarray
    words: pa.StringArray
    token: str = ""
    slack: int = 0
    tokens: Sequence[str] = ()

    @cached_property
    def counts(self) -> np.ndarray:
        """Rows of each word."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))

    @cached_property
    def bare(self) -> "Cells":
        """The same column without blanks around its words, as numbers and dates are read."""
        trimmed = pc.utf8_trim(self.words, characters=BLANKS)
        if trimmed.equals(self.words):
            return self
        merged = trimmed.dictionary_encode()
        places = np.append(merged.indices.to_numpy(), -1).astype(np.int32)
        found = replace(self, codes=places[self.codes], words=merged.dictionary)
        return found.without(self.tokens)

    @property
    def has_missing(self) -> bool:
        """Whether any row is missing."""
        return int(self.counts.sum()) < len(self.codes)

    def first(self, unwanted: np.ndarray) -> tuple[int, str]:
        """The first row whose word is `unwanted`, a truth value for each word; and that word."""
        row = int(np.argmax(np.append(unwanted, False)[self.codes]))
        return row, shorten(self.words[int(self.codes[row])].as_py())

    def without(self, tokens: Sequence[str] | pa.StringArray) -> "Cells":
        """The same column with the words in `tokens` turned into missing cells."""
        gone = pc.is_in(self.words, pa.array(tokens, pa.string())).to_numpy(False)
        if not gone.any():
            return self
        most = int(np.argmax(np.where(gone, self.counts, -1)))
        already = len(self.codes) - int(self.counts.sum())
        renumbered = np.append(np.where(gone, -1, np.cumsum(~gone) - 1), -1).astype(np.int32)
        few = self.counts[most] <= self.slack or self.counts[most] < already
        return replace(
            self,
            codes=renumbered[self.codes],
            words=self.words.filter(pa.array(~gone)),
            token=self.token if few else self.words[most].as_py(),
        )

    def only(self, valid: np.ndarray) -> "Cells":
        """The same column with the words that are not `valid` turned into missing cells."""
        gone = self.words.filter(pa.array(~valid))
        return replace(self.without(gone), token=self.token) if len(gone) else self

    def few(self, words: np.ndarray) -> bool:
        """Whether so few rows hold one of these words (a truth value for each) that they decide
        nothing."""
        return int(self.counts[words].sum()) <= self.slack


@dataclass(frozen=True)
class Sheet:
    """All cells of a text file; `header` tells whether its first record held the names."""

    text: Text
    separator: str
    header: bool
    columns: tuple[Cells, ...]
    notes: tuple[str, ...]

    def locate(self, row: int) -> str:
        """Where a row, counted from 0, is in the file: `line 7`, counted from 1."""
        return f"line {self.text.line_of(row + self.header, self.separator)}"


def shorten(word: str) -> str:
    """A word in quotes for a message, cut where it is long."""
    return repr(word if len(word) <= 40 else word[:39] + "…")


def read_cells(
    text: Text,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
    expected: Sequence[str] | None = None,
    min_count: int = 1,
) -> Sheet:
    """Split a text into columns of words, with missing tokens recognised.

    `columns` are names for a file that may lack a header row, `missing` the tokens to use instead
    of the usual ones (an empty cell is always missing), `expected` names that a header would
    mostly hold, and that stand in for one where the file has none; fewer than `min_count` rows
    decide nothing. Raises a DataError that names the line for ragged rows and the name for columns
    that are named twice.
    """
    text, separator = separated(text, expected)
    text, marks = mark_quoted(text, separator)
    records = split(text.head(), separator)
    if not records:
        raise DataError(f"{text.path}: the file has no rows; name one with a header and rows")
    first = [marks.word(cell) for cell in records[0]]
    plain = [[marks.word(cell).strip(BLANKS) for cell in record] for record in records]
    header = _holds(first, expected) or has_header(plain, columns)
    if columns is None and not header and expected and len(expected) == len(first):
        columns = expected
    names, notes = _names(text, first, header, columns)
    tokens = MISSING_WORDS if missing is None else ("", *missing)
    # Who reads by a schema of ours reads files of ours, in which words in quotes are no tokens.
    literal = expected is not None
    table = _parse(text, separator, len(records[0]), header, tokens if literal else ())
    _check_closed(text, separator, table, header)
    columns_found: list[Cells] = []
    for index, name in enumerate(names):
        column, cut = _encode(name, table.column(index), tokens if literal else (), marks)
        column = replace(column, slack=slack_of(len(table), min_count), tokens=tokens)
        column = column if literal else column.without(tokens)
        if cut and not any("blanks around" in note for note in notes):
            notes += (_trimmed(text, name, cut),)
        if not name and name not in (expected or ()):
            if not len(column.words):
                continue  # a separator at the end of every line makes such a last column
            column = replace(column, name=f"column_{index + 1}")
            notes += (f"{text.path}: a column without a name is called {column.name}",)
        columns_found.append(column)
    _check_unique(text, [column.name for column in columns_found])
    return Sheet(text, separator, header, tuple(columns_found), (*text.notes, *notes))


def _trimmed(text: Text, name: str, word: str) -> str:
    return (
        f"{text.path}: blanks around cells are left out, such as in {shorten(word)} of column "
        f"{name!r} (those in double quotes are kept)"
    )


def _names(
    text: Text, first: list[str], header: bool, columns: Sequence[str] | None
) -> tuple[list[str], tuple[str, ...]]:
    width = len(first)
    if columns is not None:
        if len(columns) != width:
            raise DataError(
                f"{text.path}: line {text.blank_lines + 1} has {_count(width)}, but data.columns "
                f"names {len(columns)} columns; name {width}"
            )
        return [str(name) for name in columns], ()
    if header:
        return first, ()
    note = (
        f"{text.path}: no header row was found; columns are named column_1 to column_{width} "
        "(data.columns=[...] names them)"
    )
    return [f"column_{index + 1}" for index in range(width)], (note,)


def _holds(first: list[str], expected: Sequence[str] | None) -> bool:
    if expected is None or len(set(first)) < len(first):
        return False
    return 2 * len(set(first) & set(expected)) >= len(first)


def _check_unique(text: Text, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise DataError(
                f"{text.path}: two columns are named {name!r} (columns {names.index(name) + 1} "
                f"and {index + 1}); rename one in the header on line {text.blank_lines + 1}"
            )


def _parse(text: Text, separator: str, width: int, header: bool, nulls: Sequence[str]) -> pa.Table:
    """Dictionaries of words; cells that are one of `nulls`, without quotes, are missing."""
    names = [str(index) for index in range(width)]
    quoted = text.buffer.find(b'"') >= 0
    view = memoryview(text.buffer)[text.start :]
    read = arrow_csv.ReadOptions(
        column_names=names, skip_rows_after_names=int(header), block_size=_BLOCK, use_threads=False
    )
    parse = arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=quoted)
    convert = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, _WORD),
        null_values=list(nulls),
        strings_can_be_null=bool(nulls),
        quoted_strings_can_be_null=False,
    )
    for block in (_BLOCK, min(len(view) + 1, (1 << 31) - 1)):
        # A cell longer than a block needs one block for the whole file.
        read.block_size = block
        try:
            source = pa.BufferReader(pa.py_buffer(view))
            return arrow_csv.read_csv(source, read, parse, convert).unify_dictionaries()
        except pa.ArrowInvalid as error:
            failure = error
    raise _explain(text, separator, width, failure)


def _explain(text: Text, separator: str, width: int, failure: pa.ArrowInvalid) -> DataError:
    try:
        records = list(text.records(separator))
    except csv.Error:
        records = []
    for line, cells in records:
        if len(cells) != width:
            return DataError(
                f"{text.path}: line {line} has {_count(len(cells))} where line "
                f"{records[0][0]} has {width}; correct the line (a separator or a line break "
                "within a cell needs double quotes around it)"
            )
    reason = str(failure).splitlines()[0]
    return DataError(f"{text.path}: the rows cannot be told apart ({reason}); check its quotes")


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _check_closed(text: Text, separator: str, table: pa.Table, header: bool) -> None:
    """Raise a DataError where the last cell begins with a quote that is never closed."""
    if not len(table) or "\n" not in str(table.column(table.num_columns - 1)[-1].as_py()):
        return
    quotes = sum(
        text.buffer[begin : begin + _BLOCK].count(b'"')
        for begin in range(0, len(text.buffer), _BLOCK)
    )
    if quotes % 2:
        line = text.line_of(len(table) - 1 + header, separator)
        raise DataError(
            f"{text.path}: line {line} opens a double quote that is never closed; close it, or "
            "write a quote within a cell twice"
        )


def _encode(
    name: str, column: pa.ChunkedArray, tokens: Sequence[str], marks: Marks
) -> tuple[Cells, str]:
    """A column without blanks around its words, and the first word that had some, or nothing.

    A word of `tokens` that has blanks around it is a missing cell.
    """
    if column.num_chunks == 0:
        return Cells(name, np.empty(0, np.int32), pa.array([], pa.string())), ""
    indices = [pc.fill_null(chunk.indices, -1).to_numpy() for chunk in column.chunks]
    codes, words = np.concatenate(indices), column.chunk(0).dictionary
    stripped = pc.utf8_trim(words, characters=BLANKS)
    if marks == Marks() and stripped.equals(words):
        return Cells(name, codes, words), ""
    changed = pc.not_equal(words, stripped)
    # Nobody puts a token in quotes with a blank before it.
    absent = pc.and_(changed, pc.is_in(stripped, pa.array(tokens, pa.string())))
    merged = pc.if_else(absent, None, marks.words(stripped)).dictionary_encode()
    renumbered = np.append(pc.fill_null(merged.indices, -1).to_numpy(), -1)
    cut = words.filter(pc.and_(changed, pc.not_equal(stripped, "")))
    found = Cells(name, renumbered[codes].astype(np.int32), merged.dictionary)
    return found, marks.word(cut[0].as_py()) if len(cut) else ""


def separated(text: Text, expected: Sequence[str] | None) -> tuple[Text, str]:
    """The text from its first record on, and what stands between its cells.

    `expected` are names that may be those of the first record.
    """
    wanted = sorted(name.strip(BLANKS) for name in expected or ())
    heads = ((s, split(text.head(), s, 1)) for s in SEPARATORS)
    found = next((s for s, records in heads if records and sorted(records[0]) == wanted), None)
    return (text, found) if found is not None else skip_preamble(text)
