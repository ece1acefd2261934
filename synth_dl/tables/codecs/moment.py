"""Dates and times as codes: the day and, where the data have one, the time of day.

Both are numbers on a grid, so that a day keeps its season and an hour its rhythm; the grid is the
coarsest of month, week, day, hour, minute, second and their fractions that holds all training
values but fewer than `min_count`.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from msgspec import Meta, Struct
from numpy.typing import NDArray

from synth_dl.opening import converted
from synth_dl.spec import Variable
from synth_dl.tables.codecs.columns import (
    Codes,
    Place,
    SingleColumn,
    Uniform,
    number_variables,
    trim,
    width,
)
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.promise import slack_of
from synth_dl.tables.schema import Column

NANOSECONDS = {"D": 86_400 * 10**9, "h": 3_600 * 10**9, "min": 60 * 10**9, "s": 10**9,
               "ms": 10**6, "us": 10**3, "ns": 1}  # fmt: skip


@dataclass(frozen=True)
class MomentColumn(SingleColumn):
    """A date, or a date and a time of day.

    Attributes:
        unit: the grid, `M` for first days of months, `W` for one day of the week, or one of
            `NANOSECONDS`.
        day: codec of the days since 1970; of months or weeks where these are the grid.
        clock: codec of the time of day in `unit`; None where the grid is the day or coarser.
        offset: the day of the first week since 1970.
    """

    unit: str
    day: NumberCodec
    clock: NumberCodec | None
    offset: int = 0

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> Self:
        days, clock, present = _split(values)
        slack, known = slack_of(len(values), min_count), clock[present]
        unit = next(u for u, size in NANOSECONDS.items() if np.sum(known % size != 0) <= slack)
        if unit == "D":
            unit, offset = _calendar_grid(days[present], slack)
            steps = _grid_of(days, unit, offset)
            codec = NumberCodec.fit(steps, present, min_count=min_count)
            return cls(column, unit, codec, None, offset)
        day = NumberCodec.fit(days, present, min_count=min_count)
        steps = clock // NANOSECONDS[unit]
        all_present = np.ones(int(present.sum()), bool)
        times = NumberCodec.fit(steps[present], all_present, min_count=min_count)
        return cls(column, unit, day, times)

    @property
    def has_missing(self) -> bool:
        return self.day.missing

    def variables(self, column: int, first: int) -> list[Variable]:
        name = self.column.name
        found = number_variables(self.day, name, column, first)
        if self.clock is not None:
            found += number_variables(self.clock, f"{name} (time)", column, first + len(found))
        return found

    def encode(self, values: pd.Series) -> Codes:
        days, clock, present = _split(values)
        days = _grid_of(days, self.unit, self.offset)
        coded = trim(self.day.encode(days, present), self.day.children)
        if self.clock is None:
            return coded
        steps = clock // NANOSECONDS[self.unit]
        times = self.clock.encode(steps, np.ones(len(values), bool))
        # A missing moment has no time of day: the first code stands in and is never decoded.
        times[~present] = 0
        times = trim(times, self.clock.children)
        unknown = (coded < 0).any(1) | (times < 0).any(1)
        both = np.concatenate([coded, times], axis=1)
        both[unknown] = -1
        return both

    def steps_behind(
        self, codes: Codes, uniform: Uniform
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Days (or weeks or months), steps of the clock, and whether present; as `decode`."""
        wide = width(self.day.children)
        days, present = self.day.decode(codes[:, :wide], uniform[:, 0])
        if self.clock is None:
            return days, np.zeros(len(codes), np.int64), present
        return days, self.clock.decode(codes[:, wide:], uniform[:, wide])[0], present

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        return self.moments(*self.steps_behind(codes, uniform))

    def moments(
        self, days: NDArray[np.int64], steps: NDArray[np.int64], present: NDArray[np.bool_]
    ) -> pd.Series:
        """The cells behind what `steps_behind` gives."""
        nanoseconds = steps * NANOSECONDS.get(self.unit, 0)
        resolution, zone = _resolution(self.column.dtype)
        moments = _days_of(days, self.unit, self.offset).astype(f"datetime64[{resolution}]")
        ratio = NANOSECONDS[resolution]
        moments = moments + (nanoseconds // ratio).astype(f"timedelta64[{resolution}]")
        series = pd.Series(np.where(present, moments, np.datetime64("NaT", resolution)))
        if zone is not None:
            # A wall time that the clocks skip becomes the next that exists.
            series = series.dt.tz_localize(zone, nonexistent="shift_forward", ambiguous=False)
        return series.astype(self.column.dtype)

    def grid_of(self, values: pd.Series, up: bool = False) -> NDArray[np.int64]:
        """[N] steps of the grid since 1970 that present values lie on, or the next ones below.

        Args:
            values: moments in local time, none of them missing.
            up: the next ones above in place of those below.
        """
        days, clock, _ = _split(values)
        if self.clock is not None:
            size = NANOSECONDS[self.unit]
            return days * (NANOSECONDS["D"] // size) + (-(-clock // size) if up else clock // size)
        steps = _grid_of(days, self.unit, self.offset)
        first = _days_of(steps, self.unit, self.offset).astype(np.int64)
        return steps + ((first < days) | (clock > 0)) * up

    def step_of(self, values: pd.Series) -> int:
        """The first value, as `grid_of` counts."""
        return int(self.grid_of(values)[0])

    @property
    def steps_a_day(self) -> int:
        """Steps of the clock; 1 where there is none."""
        return 1 if self.clock is None else NANOSECONDS["D"] // NANOSECONDS[self.unit]

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        wide = width(self.day.children)
        total = self.day.log_measure(codes[:, :wide])
        if self.clock is None:
            return total
        present = codes[:, 0] < self.day.values
        return total + np.where(present, self.clock.log_measure(codes[:, wide:]), 0.0)

    def inside(self, values: pd.Series) -> NDArray[np.bool_]:
        """[N] whether a cell is missing or has day and time between the stored extremes."""
        days, clock, present = _split(values)
        held = self.day.inside(_grid_of(days, self.unit, self.offset))
        if self.clock is not None:
            held &= self.clock.inside(clock // NANOSECONDS[self.unit])
        return ~present | held

    def describe(self) -> tuple[str, str]:
        if not self.day.values:
            return "", "no date is shared by enough rows"
        low, high = _days_of(np.array(self.day.extremes()), self.unit, self.offset).astype(str)
        parts = sum(self.day.children) - self.day.missing
        clock = "" if self.clock is None else f", time of day to the {self.unit}"
        name = {"M": "month", "W": "week"}.get(self.unit, "day")
        return f"{low} to {high}", f"{parts} {name}s or spans of {name}s{clock}"

    def to_dict(self) -> dict[str, Any]:
        clock = None if self.clock is None else self.clock.to_dict()
        state = {"unit": self.unit, "day": self.day.to_dict(), "clock": clock}
        return {**state, "offset": self.offset} if self.offset else state

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> Self:
        stored = converted(state, _Stored)
        days = NumberCodec.from_dict(stored.day)
        clock = None if stored.clock is None else NumberCodec.from_dict(stored.clock)
        if not all(each.grid for each in (days, clock or days)):
            raise ValueError("days and times of day are whole numbers")
        return cls(column, stored.unit, days, clock, stored.offset)


class _Stored(Struct, forbid_unknown_fields=True):
    """What `MomentColumn.to_dict` gives."""

    unit: Literal["M", "W", "D", "h", "min", "s", "ms", "us", "ns"]
    day: dict[str, Any]
    clock: dict[str, Any] | None
    offset: Annotated[int, Meta(ge=0, le=6)] = 0


def _calendar_grid(days: NDArray[np.int64], slack: int) -> tuple[str, int]:
    """`M` for first days of months, `W` and the day of the first week for one day of the week,
    else `D`; all rows but so many show these days."""
    counts = np.unique(days, return_counts=True)[1]
    if len(days) - counts.max(initial=0) <= slack:
        return "D", 0
    if np.count_nonzero(_first_days(days) != days) <= slack:
        return "M", 0
    weekdays = np.bincount(days % 7, minlength=7)
    usual = int(weekdays.argmax())
    return ("W", usual) if len(days) - weekdays[usual] <= slack else ("D", 0)


def _first_days(days: NDArray[np.int64]) -> NDArray[np.int64]:
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def _grid_of(days: NDArray[np.int64], unit: str, offset: int) -> NDArray[np.int64]:
    """Days since 1970 as months or weeks where these are the grid."""
    if unit == "M":
        return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (days - offset) // 7 if unit == "W" else days


def _days_of(steps: NDArray[np.int64], unit: str, offset: int) -> NDArray[np.datetime64]:
    """The inverse of `_grid_of`."""
    if unit == "M":
        return steps.astype("datetime64[M]").astype("datetime64[D]")
    return (steps * 7 + offset if unit == "W" else steps).astype("datetime64[D]")


def _resolution(dtype: str) -> tuple[str, Any]:
    """Unit and time zone (or None) of a dtype of moments."""
    target: Any = pd.api.types.pandas_dtype(dtype)
    if isinstance(target, np.dtype):
        return np.datetime_data(target)[0], None
    inner = getattr(target, "pyarrow_dtype", target)
    return getattr(inner, "unit", "s"), getattr(inner, "tz", None)


def _split(values: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Days since 1970, nanoseconds of the day (local wall time), and whether present."""
    if getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_localize(None)
    moments = values.to_numpy()
    present = ~np.isnat(moments)
    moments = np.where(present, moments, np.zeros(1, moments.dtype))
    days = moments.astype("datetime64[D]")
    rest = (moments - days).astype("timedelta64[ns]").astype(np.int64)
    return days.astype(np.int64), rest, present
