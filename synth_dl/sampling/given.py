"""What is known of the rows to draw: fixed columns, or rows with some cells filled in."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.codecs.schema import Column
from synth_dl.codecs.table import TableCodec
from synth_dl.errors import ConfigError

logger = logging.getLogger(__name__)

KNOWN_MISSING = "?missing"


@dataclass(frozen=True)
class Given:
    """Known cells of rows, or of one row that stands for all.

    Attributes:
        cells: the known values; what it holds elsewhere does not matter.
        known: [N, columns of `cells`] which cells are known, those known to be missing among them.
        codes: [N, V] codes of the known cells, -1 elsewhere.
        repeated: whether the one row stands for every row that is drawn.
    """

    cells: pd.DataFrame
    known: NDArray[np.bool_]
    codes: Tensor
    repeated: bool

    def rows(self, first: int, last: int) -> Tensor:
        """[last - first, V] known codes."""
        return self.codes.expand(last - first, -1) if self.repeated else self.codes[first:last]

    def write_into(self, frame: pd.DataFrame, first: int) -> pd.DataFrame:
        """The drawn rows from `first` on with each known cell exactly as it was given."""
        columns = dict(frame.items())
        chosen = slice(None) if self.repeated else slice(first, first + len(frame))
        for index, name in enumerate(self.cells.columns):
            known = self.known[chosen, index]
            if known.any():
                cells = self.cells[name].iloc[chosen]
                columns[name] = _overwrite(frame[name], cells, known, self.repeated)
        return pd.DataFrame(columns)


def given_rows(codec: TableCodec, cells: pd.DataFrame, absent: pd.DataFrame) -> Given:
    """Known cells of a partly filled table.

    Args:
        codec: of the model.
        cells: values in the training table's types, missing where unknown.
        absent: True where a cell is known to be missing.
    """
    known = cells.notna().to_numpy() | absent.to_numpy(dtype=bool)
    return _given(codec, cells, known, repeated=False)


def given_everywhere(codec: TableCodec, values: Mapping[str, Any]) -> Given:
    """The same columns fixed in every row; None (or NaN) fixes a column to be missing.

    Raises:
        ConfigError: for an unknown column, or a value that its column cannot hold.
    """
    names = codec.schema.names
    for name in values:
        if name not in names:
            raise ConfigError(f"where: there is no column {name!r}; known are {', '.join(names)}")
    cells = pd.DataFrame(
        {name: _cell(codec.schema.column(name), value) for name, value in values.items()}
    )
    return _given(codec, cells, np.ones((1, len(cells.columns)), bool), repeated=True)


def _given(
    codec: TableCodec, cells: pd.DataFrame, known: NDArray[np.bool_], repeated: bool
) -> Given:
    codes = codec.encode(cells).astype(np.int64)
    strange = []
    for index, name in enumerate(cells.columns):
        slots = codec.slots(codec.schema.names.index(name))
        codes[np.ix_(~known[:, index], slots)] = -1
        if slots and (codes[known[:, index]][:, slots] < 0).any():
            strange.append(name)
    if strange:
        logger.warning(
            "values given for %s are rarer than the model keeps or were never seen; they are "
            "written as given and count as unknown when the other columns are drawn",
            ", ".join(strange),
        )
    return Given(cells, known, torch.from_numpy(codes), repeated)


def _cell(column: Column, value: Any) -> pd.Series:
    """One value in the type of its column."""
    missing = value is None or (not isinstance(value, str) and bool(pd.isna(value)))
    if missing or value == KNOWN_MISSING or (isinstance(value, str) and value == column.missing):
        value = None
    try:
        return _typed(column, value)
    except (ValueError, TypeError, OverflowError) as error:
        raise ConfigError(
            f"where: {value!r} is no value of column {column.name!r}, which is of type "
            f"{column.type} ({column.dtype}); give one like those in the table"
        ) from error


def _typed(column: Column, value: Any) -> pd.Series:
    if column.type == "number":
        number = value.replace(",", ".") if isinstance(value, str) else value
        series = pd.to_numeric(pd.Series([number], dtype="object"))
        whole = pd.api.types.is_integer_dtype(pd.api.types.pandas_dtype(column.dtype))
        if whole and value is not None and float(series.iloc[0]) % 1:
            raise ValueError("not a whole number")
        return series.astype("Int64" if whole else "float64")
    if column.type == "datetime":
        form = column.format if isinstance(value, str) else None
        series = pd.to_datetime(pd.Series([value], dtype="object"), format=form)
        target = pd.api.types.pandas_dtype(column.dtype)
        zone = getattr(target, "tz", None)
        if zone is not None and series.dt.tz is None:
            series = series.dt.tz_localize(zone)
        return series.astype(column.dtype)
    if column.type == "boolean":
        words = column.words or ("true", "false")
        if isinstance(value, str):
            known = {words[0].lower(): True, words[1].lower(): False, "true": True, "false": False}
            value = known.get(value.lower())
            if value is None:
                raise ValueError("no boolean")
        return pd.Series([value], dtype="boolean")
    if column.dtype in ("int64", "Int64") and value is not None:
        return pd.Series([int(value)], dtype="Int64")
    if value is not None and isinstance(value, str) and column.levels is not None:
        value = next((level for level in column.levels if str(level) == value), value)
    return pd.Series([value], dtype="object")


def _overwrite(
    drawn: pd.Series, cells: pd.Series, known: NDArray[np.bool_], repeated: bool
) -> pd.Series:
    if isinstance(drawn.dtype, pd.CategoricalDtype):
        present = cells[known].dropna() if not repeated else cells.dropna()
        fresh = [value for value in present.unique() if value not in drawn.cat.categories]
        drawn = drawn.cat.add_categories(fresh)
    values = drawn.astype("object").to_numpy(copy=True)
    values[known if not repeated else slice(None)] = (
        cells.iloc[0] if repeated else cells.astype("object").to_numpy()[known]
    )
    return _as_dtype(pd.Series(values, dtype="object"), drawn.dtype)


def _as_dtype(values: pd.Series, dtype: Any) -> pd.Series:
    """In the drawn column's type, or its nullable twin where a cell is now missing."""
    if pd.api.types.is_integer_dtype(dtype) and values.isna().any():
        dtype = "Int64"
    elif pd.api.types.is_bool_dtype(dtype) and values.isna().any():
        dtype = "boolean"
    return values.astype(dtype)
