"""The values of a number or a date as steps, and the nearest steps above and below others.

What is told to lie above or below must do so as it is written: after rounding to the digits of the
column, to whole days, and in its time zone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.codecs.dtypes import (
    GRID_LIMIT,
    is_integer,
    numbers_of,
    real_type,
    restore_numbers,
)
from synth_dl.tables.codecs.moment import MomentColumn

Known = NDArray[np.bool_]


@dataclass(frozen=True)
class NumberGrid:
    """Steps of a number: multiples of its precision, or the number itself where it has none."""

    own: NumberColumn

    @property
    def whole(self) -> bool:
        """Whether steps are whole numbers."""
        return self.own.grid_decimals is not None

    def steps(self, values: pd.Series) -> tuple[NDArray[Any], Known]:
        """[N] of the cells of the column, and which are present."""
        return numbers_of(values, self.own.grid_decimals, self.own.column.dtype)

    def beside(self, values: Any, sign: int, strict: bool = False) -> tuple[NDArray[Any], Known]:
        """[N] the nearest steps that are not under (sign 1) or not over (-1) other values.

        Args:
            values: of another column, or floats.
            sign: the direction.
            strict: whether the value itself is out.
        """
        if not isinstance(values, pd.Series):
            values = pd.Series(values)
        decimals, exact = self.own.grid_decimals, is_integer(str(values.dtype))
        if decimals == 0 and exact:
            steps, known = numbers_of(values, 0, str(values.dtype))
            return steps + sign * strict, known
        floats = values.to_numpy(np.float64, na_value=np.nan)
        known = np.isfinite(floats)
        floats = np.where(known, floats, 0.0)
        if decimals is None:
            near = floats.astype(real_type(self.own.column.dtype))
            out = sign * near <= sign * floats if strict else sign * near < sign * floats
            return np.where(out, np.nextafter(near, near.dtype.type(sign * np.inf)), near), known
        near = np.rint(np.clip(floats * 10.0**decimals, -GRID_LIMIT, GRID_LIMIT)).astype(np.int64)
        before = sign * self._units(near - sign) > sign * floats if strict else (
            sign * self._units(near - sign) >= sign * floats)  # fmt: skip
        near = np.where(before, near - sign, near)
        short = sign * self._units(near) <= sign * floats if strict else (
            sign * self._units(near) < sign * floats)  # fmt: skip
        return np.where(short, near + sign, near), known

    def nearest(self, values: NDArray[np.float64]) -> tuple[NDArray[Any], Known]:
        """[N] the steps that floats are rounded to."""
        known = np.isfinite(values)
        found, _ = numbers_of(
            pd.Series(np.where(known, values, 0.0)), self.own.grid_decimals, self.own.column.dtype
        )
        return found, known

    def series(self, steps: NDArray[Any], present: Known) -> pd.Series:
        """The cells of steps, none of them beyond what the type of the column holds."""
        dtype = self.own.column.dtype
        if self.whole and is_integer(dtype):
            target: Any = pd.api.types.pandas_dtype(dtype)
            limits = np.iinfo(getattr(target, "numpy_dtype", target))
            unit = 10 ** -min(self.own.grid_decimals or 0, 0)
            most = min(int(limits.max), int(GRID_LIMIT)) // unit
            steps = np.clip(steps, max(int(limits.min), -int(GRID_LIMIT)) // unit, most)
        return restore_numbers(steps, present, self.own.grid_decimals, dtype)

    def _units(self, steps: NDArray[np.int64]) -> NDArray[Any]:
        decimals = self.own.grid_decimals or 0
        return steps / 10.0**decimals if decimals > 0 else steps * 10.0**-decimals


@dataclass(frozen=True)
class MomentGrid:
    """Steps of a date since 1970: days, weeks, months or the unit of its clock."""

    own: MomentColumn
    whole = True

    def steps(self, values: pd.Series) -> tuple[NDArray[np.int64], Known]:
        """As of `NumberGrid`."""
        filled, known = self._local(values)
        return self.own.grid_of(filled), known

    def beside(self, values: Any, sign: int, strict: bool = False) -> tuple[NDArray[Any], Known]:
        """As of `NumberGrid`; floats are seconds since 1970."""
        filled, known = self._local(values)
        below, above = self.own.grid_of(filled), self.own.grid_of(filled, up=True)
        near = above if sign > 0 else below
        return near + sign * (strict & (below == above)), known

    def nearest(self, values: NDArray[np.float64]) -> tuple[NDArray[Any], Known]:
        """[N] the steps at or before seconds since 1970."""
        return self.beside(values, -1)

    def series(self, steps: NDArray[Any], present: Known) -> pd.Series:
        """As of `NumberGrid`."""
        if self.own.clock is None:
            return self.own.moments(steps, np.zeros_like(steps), present)
        return self.own.moments(*np.divmod(steps, self.own.steps_a_day), present)

    def _local(self, values: Any) -> tuple[pd.Series, Known]:
        """Moments on the clock of the column, and which are known."""
        if not isinstance(values, pd.Series):
            seconds = np.where(np.isfinite(values), values, np.nan)
            values = pd.Series(pd.to_datetime(np.round(seconds * 1e6), unit="us"))
        known = values.notna().to_numpy(bool)
        dtype: Any = pd.api.types.pandas_dtype(self.own.column.dtype)
        zone = getattr(getattr(dtype, "pyarrow_dtype", dtype), "tz", None)
        if zone is not None:
            aware = values if values.dt.tz is not None else values.dt.tz_localize("UTC")
            values = aware.dt.tz_convert(zone).dt.tz_localize(None)
        return values.fillna(pd.Timestamp(0)), known


def grid_of(own: NumberColumn | MomentColumn) -> NumberGrid | MomentGrid:
    """The grid of a column."""
    return NumberGrid(own) if isinstance(own, NumberColumn) else MomentGrid(own)
