"""Codecs of columns that rules hold to others: they encode and decode beside these."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.opening import converted
from synth_dl.spec import Variable
from synth_dl.tables.codecs.columns import (
    Codes,
    ColumnCodec,
    NumberColumn,
    SingleColumn,
    Uniform,
    number_variables,
    trim,
)
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.rules.grids import MomentGrid, NumberGrid, grid_of
from synth_dl.tables.rules.held import Held
from synth_dl.tables.rules.rule import Side


@dataclass(frozen=True)
class HeldColumn(ColumnCodec):
    """A column whose codes mean something beside other columns only."""

    held: Held

    @abstractmethod
    def encode_beside(self, frame: pd.DataFrame) -> Codes:
        """[N, width] codes of a column of a frame that has the others too."""

    @abstractmethod
    def decode_beside(self, codes: Codes, uniform: Uniform, frame: pd.DataFrame) -> pd.Series:
        """The cells behind codes, given the columns that were decoded before."""

    def inside(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] whether a cell has a code that stands for no other value."""
        return np.ones(len(frame), bool)

    def labels(self) -> list[Any]:
        raise ConfigError(f"column {self.column.name!r} is held by {self.held.said} and drawn "
                          "beside other columns, so it cannot be predicted; train without the rule "
                          "to predict it")  # fmt: skip


@dataclass(frozen=True)
class DifferenceColumn(HeldColumn):
    """A number or a date as what it lies above or below others, or is more than it computes to.

    Where nothing else is known in a row, it is told from `rest`.

    Attributes:
        own: codec of the cells themselves, whose grid is the steps of the difference.
        difference: of the steps; of a computed column those of rows in which a part is missing.
    """

    own: NumberColumn | MomentColumn
    difference: NumberCodec

    @classmethod
    def beside(
        cls, frame: pd.DataFrame, own: NumberColumn | MomentColumn, held: Held, min_count: int
    ) -> "DifferenceColumn":
        """Fit on training rows that keep the rules.

        Args:
            frame: the rows.
            own: fitted on them.
            held: what the column is held to.
            min_count: rows that each entry rests on at least.
        """
        values: pd.Series = frame.loc[:, own.column.name]
        steps, present = grid_of(own).steps(values)
        empty = NumberCodec.fit(steps[:0], present[:0], min_count=min_count)
        found, kept = cls(own.column, held, own, empty).differences(frame)
        use = kept | ~present
        codec = NumberCodec.fit(found[use], present[use], min_count=min_count)
        return cls(own.column, held, own, codec)

    @property
    def has_missing(self) -> bool:
        return self.difference.missing

    @property
    def computed(self) -> bool:
        """Whether the column follows from others wherever these are known."""
        return self.held.formula is not None

    @cached_property
    def grid(self) -> NumberGrid | MomentGrid:
        """The steps."""
        return grid_of(self.own)

    @property
    def sign(self) -> int:
        """Whether it is told from what lies under it (1) or over it (-1)."""
        return -1 if self.held.highs and not self.held.lows else 1

    @cached_property
    def rest(self) -> Any:
        """The step that it is told from where nothing else is known."""
        numbers = self.own.codec if isinstance(self.own, NumberColumn) else self.own.day
        if not numbers.values or (self.computed and isinstance(self.own, NumberColumn)):
            return numbers.lows.dtype.type(0)
        extreme = numbers.extremes()[0 if self.sign > 0 else 1]
        day = extreme if isinstance(self.own, NumberColumn) else extreme * self.own.steps_a_day
        return day if self.sign > 0 or not isinstance(self.own, MomentColumn) else (
            day + self.own.steps_a_day - 1)  # fmt: skip

    def variables(self, column: int, first: int) -> list[Variable]:
        if self.difference.levels == 1 and self.computed:
            return []  # it is never anything else than what it computes to
        return number_variables(self.difference, self.column.name, column, first)

    def encode_beside(self, frame: pd.DataFrame) -> Codes:
        values: pd.Series = frame.loc[:, self.column.name]
        found, kept = self.differences(frame)
        codes = self.difference.encode(found, values.notna().to_numpy(bool))
        codes[values.notna().to_numpy(bool) & ~kept] = -1
        return trim(codes, self.difference.children)

    def decode_beside(self, codes: Codes, uniform: Uniform, frame: pd.DataFrame) -> pd.Series:
        if not codes.shape[1]:
            codes, uniform = np.zeros((len(frame), 1), np.int64), np.zeros((len(frame), 1))
        found, present = self.difference.decode(codes, uniform[:, 0])
        base, known = self._base(frame)
        if self.computed:
            found = np.where(known, 0, found)
        steps = base + (self.sign * found).astype(base.dtype)
        return self.grid.series(self._within(steps, frame), present)

    def inside(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        values: pd.Series = frame.loc[:, self.column.name]
        found, kept = self.differences(frame)
        return values.isna().to_numpy(bool) | (kept & self.difference.inside(found))

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return self.difference.log_measure(codes)

    def differences(self, frame: pd.DataFrame) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """[N] differences, and in which rows a cell is there and on its side of the others."""
        values: pd.Series = frame.loc[:, self.column.name]
        steps, present = self.grid.steps(values)
        base, known = self._base(frame)
        with np.errstate(over="ignore", invalid="ignore"):
            found = (steps - base) * self.sign
        if self.computed:
            return np.where(known, np.zeros(1, found.dtype), found), present
        kept = present & ((found >= 0) | ~known)
        return np.maximum(found, np.zeros(1, found.dtype)), kept

    def _base(self, frame: pd.DataFrame) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """[N] the steps that it is told from, and where these are known."""
        held, formula = self.held, self.held.formula
        if formula is not None:
            base, known = self.grid.nearest(formula.by.value(frame))
            return np.where(known, base, self.rest), known
        sides = held.lows if self.sign > 0 else held.highs
        base, known = self._outermost(frame, sides, self.sign)
        base = np.where(known, base, self.rest)
        end = held.low if self.sign > 0 else held.high
        if end is not None:
            limit = self.grid.beside(np.array([end.value]), self.sign, end.strict)[0]
            base = np.maximum(base, limit) if self.sign > 0 else np.minimum(base, limit)
        return base, known

    def _within(self, steps: NDArray[Any], frame: pd.DataFrame) -> NDArray[Any]:
        """[N] steps that do not pass what lies on the far side."""
        held, sign = self.held, self.sign
        if held.formula is not None:
            return steps
        nearer = np.minimum if sign > 0 else np.maximum
        if sign > 0 and held.highs:
            far, known = self._outermost(frame, held.highs, -1)
            steps = np.where(known, nearer(steps, far), steps)
        end = held.high if sign > 0 else held.low
        if end is not None:
            steps = nearer(steps, self.grid.beside(np.array([end.value]), -sign, end.strict)[0])
        return steps

    def _outermost(
        self, frame: pd.DataFrame, sides: list[tuple[Side, bool]], sign: int
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """[N] the steps that say most, of sides of other columns, and where one is known."""
        best: Any = None
        anywhere = np.zeros(len(frame), bool)
        for side, strict in sides:
            values = side.value(frame) if side.column is None else frame[side.column]
            steps, known = self.grid.beside(values, sign, strict)
            if best is None:
                best = steps
            else:
                further = steps > best if sign > 0 else steps < best
                best = np.where(known & (further | ~anywhere), steps, best)
            anywhere = anywhere | known
        return best, anywhere

    def describe(self) -> tuple[str, str]:
        span = self.own.describe()[0]
        if self.held.formula is not None:
            return span, f"computed: {self.held.formula.text}"
        word, end = ("above", "least") if self.sign > 0 else ("below", "most")
        return span, f"how far {word} the {end} that {self.held.said} allows"

    def to_dict(self) -> dict[str, Any]:
        return {"own": self.own.to_dict(), "difference": self.difference.to_dict()}

    @classmethod
    def read(
        cls, own: type[SingleColumn], held: Held, column: Any, state: Any
    ) -> "DifferenceColumn":
        """The inverse of `to_dict`."""
        stored = converted(state, _Stored)
        inner = own.from_dict(column, stored.own)
        difference = NumberCodec.from_dict(stored.difference)
        if not isinstance(inner, NumberColumn | MomentColumn):
            raise ValueError("only numbers and dates are told from others")
        if difference.grid != grid_of(inner).whole:
            raise ValueError("a difference has the precision of its column")
        return cls(column, held, inner, difference)


class _Stored(Struct, forbid_unknown_fields=True):
    """What `DifferenceColumn.to_dict` gives."""

    own: dict[str, Any]
    difference: dict[str, Any]
