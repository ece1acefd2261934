"""Whether an artifact keeps its promise: nothing in it rests on fewer than `min_count` rows.

The real table is read again, and what `model.json` holds is held against it. What a schema declares
is public, and no matter of the rows.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import ColumnCodec
from synth_dl.tables.codecs.key import KeyCodec
from synth_dl.tables.codecs.key_draw import TextPattern
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.reading.cells import read_cells
from synth_dl.tables.reading.parquet import is_parquet
from synth_dl.tables.reading.table import Table, read_table
from synth_dl.tables.reading.text import read_text
from synth_dl.tables.rules.columns import DifferenceColumn
from synth_dl.tables.rules.fitting import with_keys
from synth_dl.tables.schema import Schema

# What the rows decide, of the schema and of the codec of a column.
_DECIDED = ("type", "dtype", "decimals", "format", "words", "missing", "places")


@dataclass(frozen=True)
class Broken:
    """An entry of `model.json` that too few rows share.

    Attributes:
        place: where it stands.
        entry: what stands there.
        rows: how many rows show it; None where all rows but a few say something else.
    """

    place: str
    entry: str
    rows: int | None


def broken_promises(
    codec: Any, real: str | Path, schema: str | Path | None = None
) -> Iterator[Broken]:
    """The entries of a codec that fewer than its `min_count` rows of the real table share.

    Args:
        codec: of a table.
        real: file of the rows that the model was trained on.
        schema: file of the schema that was declared for the training, if one was.

    Raises:
        ConfigError: for a codec of images, which holds nothing of any image.
        DataError: if a file cannot be read, or has other columns.
    """
    if not isinstance(codec, TableCodec):
        raise ConfigError("real=FILE is for models of tables: those of images hold no image.")
    path, few = Path(real), codec.min_count
    table = _as_trained(codec, path, None if schema is None else Schema.load(schema))
    yield from _decisions(codec, table)
    types = {column.name: column.type for column in table.schema.columns}
    if types != {column.name: column.type for column in codec.schema.columns}:
        table = read_table(path, schema=codec.schema, min_count=few)
    frame = table.frame
    written, coded = _written(path, frame), codec.encode(frame).astype(np.int64)
    for index, (name, inner) in enumerate(zip(codec.schema.names, codec.columns, strict=True)):
        place = f"codec.columns[{index}] ({name})"
        values: pd.Series = frame.loc[:, name]
        rare = {word: rows for word, rows in Counter(written[name]).items() if rows < few}
        keys = [part for part in vars(inner).values() if isinstance(part, KeyCodec)]
        # Parts of patterns are held against parts of cells, see `_words`.
        rare = {word: rows for word, rows in rare.items() if word not in _parts(keys)}
        of_schema = (inner.column.levels, inner.column.words, inner.column.missing)
        for state in (inner.to_dict(), of_schema):
            yield from _texts(state, rare, place)
        yield from _codes(inner, coded[:, codec.slots(index)], few, place)
        own = vars(inner.own) if isinstance(inner, DifferenceColumn) else {}
        for part, number in {**vars(inner), **own}.items():
            if isinstance(number, NumberCodec) and not number.grid:
                told = values
                if isinstance(inner, DifferenceColumn) and number is inner.difference:
                    told = pd.Series(inner.differences(frame)[0])
                yield from _edges(number, told, few, f"{place}.{part}")
        for key in keys:
            yield from _words(key, written[name], few, place)


def _written(path: Path, frame: pd.DataFrame) -> dict[Any, pd.Series]:
    """The cells of each column as they are written; empty ones are left out."""
    if is_parquet(path):
        return {name: cells.dropna().map(str) for name, cells in frame.items()}
    sheet = read_cells(read_text(path), missing=(), expected=list(map(str, frame.columns)))
    return {
        cells.name: pd.Series(np.array(cells.words, dtype=object)[cells.codes[cells.codes >= 0]])
        for cells in sheet.columns
    }


def _as_trained(codec: TableCodec, path: Path, declared: Schema | None) -> Table:
    """The real table as a training reads it."""
    names = None if is_parquet(path) else list(codec.schema.names)
    table = read_table(path, columns=names, schema=declared, min_count=codec.min_count)
    return replace(table, schema=with_keys(replace(table.schema, rules=codec.schema.rules)))


def _decisions(codec: TableCodec, table: Table) -> Iterator[Broken]:
    """What all rows but a few decide otherwise than the artifact says."""
    fitted = TableCodec.fit(table.frame, table.schema, min_count=codec.min_count)
    for entry, value in asdict(codec.schema.dialect).items():
        if value != getattr(table.schema.dialect, entry):
            yield Broken(f"codec.schema.dialect.{entry}", repr(value), None)
    for index, inner in enumerate(codec.columns):
        other = fitted.columns[fitted.schema.names.index(inner.column.name)]
        for entry in _DECIDED:
            value = getattr(inner.column, entry)
            if value != getattr(other.column, entry):
                place = f"codec.schema.columns[{index}] ({inner.column.name}).{entry}"
                yield Broken(place, repr(value), None)
        if getattr(inner, "unit", None) != getattr(other, "unit", None):
            place = f"codec.columns[{index}] ({inner.column.name}).unit"
            yield Broken(place, repr(getattr(inner, "unit", None)), None)


def _texts(state: Any, rare: dict[str, int], place: str) -> Iterator[Broken]:
    """Texts in plain data that are cells of a few rows."""
    if isinstance(state, dict):
        for key, value in state.items():
            yield from _texts(value, rare, f"{place}.{key}")
    elif isinstance(state, list | tuple):
        for index, value in enumerate(state):
            yield from _texts(value, rare, f"{place}[{index}]")
    elif isinstance(state, str) and state in rare:
        yield Broken(place, repr(state), rare[state])


def _codes(inner: ColumnCodec, codes: NDArray[np.int64], few: int, place: str) -> Iterator[Broken]:
    """Codes of a few rows: categories, exact values, bins, patterns, missing cells."""
    for slot, variable in enumerate(inner.variables(0, 0) if codes.shape[1] else ()):
        pair = codes[:, [slot if variable.parent is None else variable.parent, slot]]
        found, rows = np.unique(pair[(pair >= 0).all(1)], axis=0, return_counts=True)
        for code, count in zip(found[:, 1], rows, strict=True):
            if count < few:
                yield Broken(place, f"code {code} of {variable.name!r}", int(count))


def _edges(codec: NumberCodec, values: pd.Series, few: int, place: str) -> Iterator[Broken]:
    """Edges of bins that are the value of a few rows."""
    held, counts = np.unique(values.dropna().to_numpy(codec.lows.dtype), return_counts=True)
    edges = np.concatenate([codec.lows, codec.highs, *codec.edges])
    rare = (counts < few) & np.isin(held, edges)
    for value, rows in zip(held[rare].tolist(), counts[rare].tolist(), strict=True):
        yield Broken(place, str(value), rows)


def _parts(keys: Sequence[KeyCodec]) -> set[str]:
    """Words of patterns."""
    patterns = [each for key in keys for each in key.patterns if isinstance(each, TextPattern)]
    runs = [run for each in patterns for run in (*each.runs, *each.further)]
    return {word for run in runs for word, _ in run.words}


def _words(codec: KeyCodec, written: pd.Series, few: int, place: str) -> Iterator[Broken]:
    """Words of patterns that a few rows hold; made-up ones, the rarest of a free text, aside."""
    texts = pd.Series(written.unique())
    for pattern in codec.patterns:
        if not isinstance(pattern, TextPattern):
            continue
        for run in (*pattern.runs, *pattern.further):
            least = min((share for _, share in run.words), default=0.0) if pattern.further else 0.0
            for word, share in run.words:
                rows = int(texts.str.contains(word.strip(), regex=False).sum())
                if share > least and 0 < rows < few and rows < len(texts):
                    yield Broken(f"{place}.patterns", repr(word), rows)
