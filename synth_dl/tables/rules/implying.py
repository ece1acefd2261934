"""Cells as implications have them: where a condition holds, a drawn cell that breaks it gives way.

A model that has learnt the rows draws few such cells, and these become the nearest that is allowed.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.tables.codecs.category import CategoryColumn
from synth_dl.tables.codecs.columns import Codes, NumberColumn, Place, SingleColumn, Uniform
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.promise import nullable
from synth_dl.tables.rules.grids import grid_of
from synth_dl.tables.rules.rule import Implication


def implied(
    rule: Implication, codec: SingleColumn, cells: pd.Series, frame: pd.DataFrame, uniform: Uniform
) -> pd.Series:
    """The cells of a column, changed where a rule asks for it.

    Args:
        rule: that ends with the column.
        codec: of the column.
        cells: as they were drawn.
        frame: the columns that the rule names.
        uniform: [N, width] draws that place cells which were missing.
    """
    wrong = rule.active(frame) & ~rule.meets(frame)
    if not wrong.any():
        return cells
    if rule.missing:
        return _as_missing(cells, wrong)
    if rule.missing is False:
        return _with(cells, wrong, _usual(codec, uniform[wrong]))
    if rule.values is not None:
        return _with(cells, wrong, pd.Series([_value(rule, codec)] * int(wrong.sum())))
    if not isinstance(codec, NumberColumn | MomentColumn):
        rule.refuse("a range is for numbers and dates; list the values by in (...)")
    return _clipped(rule, codec, cells, wrong)


def check_value(rule: Implication, codec: SingleColumn) -> None:
    """Refuse, by a DataError, a value after `then` that the codec does not know."""
    if rule.values is not None:
        _value(rule, codec)
    elif rule.bounds and not isinstance(codec, NumberColumn | MomentColumn):
        rule.refuse("a range is for numbers and dates; list the values by in (...)")


def _as_missing(cells: pd.Series, rows: NDArray[np.bool_]) -> pd.Series:
    if isinstance(cells.dtype, np.dtype) and cells.dtype.kind in "iub":
        cells = cells.astype(nullable(str(cells.dtype)))
    return cells.mask(rows)


def _with(cells: pd.Series, rows: NDArray[np.bool_], new: pd.Series) -> pd.Series:
    """Cells of which some are exchanged, in their type."""
    values = cells.astype("object").to_numpy(copy=True)
    values[rows] = new.astype("object").to_numpy()
    return pd.Series(values, dtype="object").astype(cells.dtype)


def _usual(codec: SingleColumn, uniform: Uniform) -> pd.Series:
    """A cell of the code that most rows have, for each row of draws."""
    codes: Codes = np.zeros(uniform.shape, np.int64)
    numbers = (
        codec.codec if isinstance(codec, NumberColumn)
        else codec.day if isinstance(codec, MomentColumn) else None
    )  # fmt: skip
    if numbers is not None:
        codes[:, 0] = int(numbers.shares.argmax())
    return codec.decode(codes, uniform, Place(0, 0))


def _value(rule: Implication, codec: SingleColumn) -> Any:
    """The first of the values that the column is told to have, as it has it."""
    assert rule.values is not None
    if isinstance(codec, CategoryColumn):
        known = {str(value): value for value in codec.categories}
        for value in rule.values:
            if str(value) in known:
                return known[str(value)]
        raise DataError(f"rule {rule.text!r}: too few training rows have {rule.column} = "
                        f"{rule.values[0]} for the model to know it; correct the value"
                        )  # fmt: skip
    if isinstance(codec, MomentColumn):
        dtype: Any = pd.api.types.pandas_dtype(codec.column.dtype)
        return pd.Timestamp(rule.values[0], tz=getattr(dtype, "tz", None))
    if isinstance(codec, NumberColumn):
        grid = grid_of(codec)
        near, known = grid.nearest(np.array([float(rule.values[0])]))
        return grid.series(near, known).iloc[0]
    rule.refuse("after `then` = is for numbers, dates, categories and booleans; write missing or "
                "not missing")  # fmt: skip


def _clipped(
    rule: Implication, codec: NumberColumn | MomentColumn, cells: pd.Series,
    rows: NDArray[np.bool_],
) -> pd.Series:  # fmt: skip
    grid = grid_of(codec)
    steps, present = grid.steps(cells)
    for bound in rule.bounds:
        above = bound.low.column is None
        end = (bound.low if above else bound.high).constant
        limit = grid.beside(np.array([end]), 1 if above else -1, bound.strict)[0]
        steps = np.maximum(steps, limit) if above else np.minimum(steps, limit)
    return _with(cells, rows, grid.series(steps[rows], present[rows]))
