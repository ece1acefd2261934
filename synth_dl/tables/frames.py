"""Tables as programs hold them: by pandas, polars, Arrow, NumPy, or in plain dicts and lists.

What is given is taken as a table of pandas or of Arrow, and rows are given back as the kind that
the table was.
"""

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from synth_dl.errors import DataError
from synth_dl.tables.schema import Schema
from synth_dl.tables.stored import presented, to_arrow

TAKEN = (
    "a DataFrame of pandas or polars, an Arrow table, a dict of columns, a list of dicts or an "
    "array [rows, columns] of NumPy"
)


def is_table(data: Any) -> bool:
    """Whether something is a table in memory; arrays with more than two axes are not."""
    if isinstance(data, pd.DataFrame | pd.Series | pa.Table | pa.RecordBatch | Mapping):
        return True
    if isinstance(data, np.ndarray):
        return data.dtype.names is not None or data.ndim == 2
    if isinstance(data, list | tuple):
        return bool(data) and all(isinstance(row, Mapping) for row in data)
    return nw.dependencies.is_into_dataframe(data) or _lazy(data) or _exports(data)


def taken(data: Any, name: str = "the table") -> pd.DataFrame | pa.Table:
    """A table in memory, of whatever kind, as one of pandas or of Arrow.

    Raises:
        DataError: if it is no table, or its columns are of unequal length.
    """
    if isinstance(data, pd.DataFrame | pa.Table):
        return data
    if not is_table(data):
        raise DataError(f"{name} is of type {type(data).__name__}; give {TAKEN}")
    try:
        if isinstance(data, pd.Series):
            return data.to_frame()
        if isinstance(data, Mapping | list | tuple | np.ndarray):
            return pd.DataFrame(data)
        if _lazy(data):
            data = nw.from_native(data).collect().to_native()
        return nw.from_native(data).to_arrow() if not _exports(data) else pa.table(data)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{name} cannot be read ({error}); give {TAKEN}") from error


def empty_like(data: Any) -> Any:
    """A table of the same kind and columns without rows, which says how rows are given back."""
    if _lazy(data):
        data = nw.from_native(data).collect().to_native()
    if isinstance(data, pa.Table):
        return data[:0]
    if isinstance(data, pd.DataFrame | pd.Series):
        frame = taken(data)
        empty = frame.iloc[:0].copy()
        for place, dtype in enumerate(empty.dtypes):
            if dtype == np.float64 and frame.iloc[:, place].hasnans:
                # Pandas made floats of what may have been integers.
                empty.isetitem(place, empty.iloc[:, place].astype("object"))
        return empty
    if nw.dependencies.is_into_dataframe(data):
        return nw.from_native(data).head(0).to_native()
    return pa.table(data)[:0] if _exports(data) else taken(data)[:0]


def given_back(frame: pd.DataFrame, schema: Schema, like: Any = None) -> Any:
    """Rows in tidy dtypes as the user's kind of table: that of `like`, or else of pandas."""
    if like is None or isinstance(like, pd.DataFrame):
        return _of_pandas(frame, schema, like)
    table = arrow_table(frame, schema)
    if isinstance(like, pa.Table):
        wanted = [
            like.schema.field(name).with_nullable(True) if name in like.column_names else field
            for name, field in zip(table.column_names, table.schema, strict=True)
        ]
        return table.cast(pa.schema(wanted))
    native = nw.from_arrow(table, backend=nw.get_native_namespace(like)).to_native()
    if not nw.dependencies.is_polars_dataframe(like):
        return native
    kinds = dict(like.schema)
    return native.cast({name: kinds[name] for name in native.columns if name in kinds})


def arrow_table(frame: pd.DataFrame, schema: Schema) -> pa.Table:
    """Rows in tidy dtypes as Arrow stores them, with what pandas wants to know of its dtypes."""
    held: dict[Any, Any] = dict(frame.items())
    cells = [to_arrow(held[column.name], column) for column in schema.columns]
    shown = _of_pandas(frame.iloc[:0], schema, None)
    shown.columns = pd.Index(schema.names)
    described = pa.Schema.from_pandas(shown, preserve_index=False).metadata
    return pa.table(cells, list(schema.names)).replace_schema_metadata(described)


def _of_pandas(frame: pd.DataFrame, schema: Schema, like: pd.DataFrame | None) -> pd.DataFrame:
    held: dict[Any, Any] = dict(frame.items())
    cells = {column.name: presented(held[column.name], column) for column in schema.columns}
    shown = pd.DataFrame(cells, index=frame.index)
    labels = [column.name if column.label is None else column.label for column in schema.columns]
    if like is None:
        if any(column.label is not None for column in schema.columns):
            shown.columns = pd.Index(labels)  # of several levels where all are tuples
        return shown
    if len(like.columns) == len(labels):
        shown.columns = like.columns
        for place, dtypes in enumerate(zip(like.dtypes, shown.dtypes, strict=True)):
            # Categories that no row holds are of the dtype all the same, and floats stay floats
            # where all are whole numbers.
            listed = all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes)
            floats = dtypes[0] == np.float64 and pd.api.types.is_integer_dtype(dtypes[1])
            if listed or floats:
                shown.isetitem(place, shown.iloc[:, place].astype(dtypes[0]))
    return shown


def _lazy(data: Any) -> bool:
    return nw.dependencies.is_polars_lazyframe(data)


def _exports(data: Any) -> bool:
    return hasattr(data, "__arrow_c_stream__") and not nw.dependencies.is_into_dataframe(data)
