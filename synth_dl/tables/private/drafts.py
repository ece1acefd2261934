"""The codec of each column of a private run, as far as declared facts and a part of the budget go.

Every column has a code for missing cells, and those that turn out to hold nothing go later, by the
noisy counts that are taken anyway.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from synth_dl.errors import DataError
from synth_dl.identifiers.realistic import Realistic
from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.mechanisms import noisy_counts, noisy_names
from synth_dl.tables.codecs.category import CategoryColumn, FixedColumn
from synth_dl.tables.codecs.columns import KeyColumn, NumberColumn, SingleColumn
from synth_dl.tables.codecs.dtypes import numbers_of, real_type
from synth_dl.tables.codecs.key import KeyCodec
from synth_dl.tables.codecs.moment import NANOSECONDS, MomentColumn
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.private.bins import MOST, bins_worth_having, number_codec, single_numbers
from synth_dl.tables.private.declared import MOST_LEVELS, step_limits, type_limits
from synth_dl.tables.private.focus import busy_stretch, finer_grid
from synth_dl.tables.private.grids import CELLS, Grid, noisy_limits
from synth_dl.tables.private.popular import may_hold_popular, popular_numbers
from synth_dl.tables.schema import Column

OTHER = "other"  # what rare and unknown words of a column become, whose categories are learnt
_HOURS = 24
_PRECISIONS = (("%f", "us"), ("%S", "s"), ("%M", "min"), ("%H", "h"), ("%I", "h"))
_LENGTHS = {10: "D", 16: "min"}  # of a limit in text, and the unit that it shows


def draft_columns(
    frame: pd.DataFrame, columns: Sequence[Column], budget: Budget, rho: float
) -> tuple[SingleColumn, ...]:
    """A codec for each column; equal parts of `rho` for each look at the rows."""
    looks = sum(looks_of(column) for column in columns)
    names = sum(_is_open(column) for column in columns)
    rho, delta = rho / max(1, looks), budget.delta / max(1, names)
    found = []
    for column in columns:
        values: pd.Series = frame.loc[:, column.name]
        match column.type:
            case "number":
                found.append(NumberColumn(column, _numbers(values, column, budget, rho)))
            case "datetime":
                found.append(_moments(values, column, budget, rho))
            case "category":
                found.append(_categories(values, column, budget, rho, delta))
            case "boolean":
                found.append(CategoryColumn(column, (False, True), True))
            case "key":
                assert column.kind is not None  # refused before
                source = Realistic(column.kind, column.locale)
                source.check()
                found.append(KeyColumn(column, KeyCodec((source,), (1,), column.dtype, False)))
            case _:
                found.append(FixedColumn(column, None))
    return tuple(found)


def looks_of(column: Column) -> int:
    """How often the rows are looked at, before the codes of a column are known."""
    if column.type == "category":
        return int(_is_open(column))
    if column.type not in ("number", "datetime"):
        return 0
    ends = _day_limits(column) if column.type == "datetime" else step_limits(column)
    low, high = ends
    whole = column.type == "datetime" or column.decimals is not None
    if low is None or high is None:
        return 3  # at limits, at cells and, perhaps, at finer ones
    if whole and high - low < CELLS:
        return int(high - low >= MOST)
    return 2


def _is_open(column: Column) -> bool:
    return column.type == "category" and column.levels is None


def _categories(
    values: pd.Series, column: Column, budget: Budget, rho: float, delta: float
) -> CategoryColumn:
    """The declared categories, or those that clearly many rows hold, and one for all others."""
    if column.levels is not None:
        return CategoryColumn(column, column.levels, True)
    counts = values.value_counts()
    held = {str(value): int(count) for value, count in counts.items()}
    noisy = noisy_names(held, budget, rho, delta, f"categories of {column.name}")
    textual = is_textual(column)
    kept = sorted(noisy, key=lambda name: (-noisy[name], name))[: MOST_LEVELS - textual]
    if textual:
        return CategoryColumn(column, tuple(sorted({*kept, OTHER})), True)
    read = int if types.is_integer_dtype(column.dtype) else float
    return CategoryColumn(column, tuple(sorted(map(read, kept))), True)


def is_textual(column: Column) -> bool:
    """Whether categories that nobody declared are words, which another word may stand for."""
    return _is_open(column) and not types.is_numeric_dtype(types.pandas_dtype(column.dtype))


def _numbers(values: pd.Series, column: Column, budget: Budget, rho: float) -> NumberCodec:
    numbers, present = numbers_of(values, column.decimals, column.dtype)
    least, most = type_limits(column)
    known = np.clip(numbers[present], least, most)
    low, high = step_limits(column)
    if low is None or high is None:
        found = noisy_limits(known, budget, rho, column.name)
        if found is None:
            raise DataError(
                f"privacy: too few rows hold a number in column {column.name!r} to find its "
                "limits; declare its `minimum` and `maximum`, or raise privacy.epsilon"
            )
        low = found[0] if low is None else low
        high = found[1] if high is None else high
        low, high = (
            (low, max(low + 1, high)) if column.maximum is None else (min(low, high - 1), high)
        )
    dtype = np.dtype(np.int64) if column.decimals is not None else real_type(column.dtype)
    grid = Grid.between(max(low, least), min(high, most), dtype)
    return _binned(known, grid, column.name, budget, rho)


def _moments(values: pd.Series, column: Column, budget: Budget, rho: float) -> MomentColumn:
    if getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_localize(None)
    days = values.dropna().to_numpy().astype("datetime64[D]").astype(np.int64)
    grid = Grid.between(*_day_limits(column), np.dtype(np.int64))
    day, unit = _binned(days, grid, column.name, budget, rho), _unit(column)
    if unit == "D":
        return MomentColumn(column, "D", day, None)
    steps = NANOSECONDS["D"] // NANOSECONDS[unit]
    edges = np.arange(_HOURS + 1) * (steps // _HOURS)
    highs = edges[:-1] if steps == _HOURS else edges[1:]
    shares, inner = np.full(_HOURS, 1 / _HOURS), (edges[:0],) * _HOURS
    return MomentColumn(
        column, unit, day, NumberCodec(edges[:-1], highs, shares, inner, missing=False)
    )


def _binned(
    numbers: NDArray[Any], grid: Grid, name: str, budget: Budget, rho: float
) -> NumberCodec:
    """A code for each number where they are few, else bins by noisy counts of fine cells."""
    if grid.whole and grid.cells <= MOST:
        return single_numbers(grid)
    numbers = grid.within(numbers)
    counts = np.bincount(grid.place(numbers), minlength=grid.cells + len(grid.points))
    noisy, sigma = noisy_counts(counts, budget, rho, f"fine cells of {name}")
    bins = bins_worth_having(float(noisy.sum()), budget.rho)
    stretch, popular = busy_stretch(grid, noisy, sigma), None
    if stretch is not None:
        grid, noisy, sigma = finer_grid(numbers, grid, noisy, stretch, budget, rho, name)
    elif grid.whole and may_hold_popular(int(grid.edges[0]), int(grid.edges[-1]) - 1):
        popular = popular_numbers(numbers, grid, noisy, sigma, budget, rho, name)
    return number_codec(grid, noisy, sigma, bins, popular)


def _day_limits(column: Column) -> tuple[int, int]:
    """Declared limits of a date, in days since 1970."""
    days = [np.datetime64(str(end)[:10], "D").astype(np.int64)
            for end in (column.minimum, column.maximum)]  # fmt: skip
    return int(days[0]), int(days[1])


def _unit(column: Column) -> str:
    """What the time of day is told to: as the format shows it or, without one, the lower limit."""
    if column.format is None:
        return _LENGTHS.get(len(str(column.minimum)), "s")
    unit = next((unit for sign, unit in _PRECISIONS if sign in column.format), "D")
    return "ms" if unit == "us" and (column.decimals or 6) <= 3 else unit
