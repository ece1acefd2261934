"""The one place that turns what a user says of a column into allowed codes.

A value, a range, a set, not a value, missing or not: each is a region of the column's values, and a
region becomes codes, with the share of what they stand for that lies in it, and a codec that
decodes to nothing outside.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synth_dl.errors import ConfigError
from synth_dl.models.allowed import AllowedCodes
from synth_dl.sampling.conditions import Both, Not, OneOf, Range, said_of
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn, FixedColumn
from synth_dl.tables.codecs.columns import ColumnCodec, KeyColumn, NumberColumn, trim
from synth_dl.tables.codecs.cut import CutNumber
from synth_dl.tables.codecs.cut_moment import CutMoment
from synth_dl.tables.codecs.intervals import Intervals
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.codecs.pattern import PatternColumn
from synth_dl.tables.conditions.cells import is_missing, where_cell
from synth_dl.tables.conditions.ends import moment_ends, number_ends, upside_down
from synth_dl.tables.conditions.unseen import never_seen


@dataclass(frozen=True)
class AllowedColumn:
    """What is allowed of a column.

    Attributes:
        codes: of its variables.
        codec: of the column, which decodes them to allowed values alone.
    """

    codes: AllowedCodes
    codec: ColumnCodec


@dataclass(frozen=True)
class Region:
    """A part of a column's values.

    Attributes:
        held: intervals of a number or a date; else [choices] which of these lie in it.
        missing: whether a missing cell does.
    """

    held: Any
    missing: bool

    def complement(self) -> "Region":
        other = self.held.complement() if isinstance(self.held, Intervals) else ~self.held
        return Region(other, not self.missing)

    def meet(self, other: "Region") -> "Region":
        both = (
            self.held.meet(other.held)
            if isinstance(self.held, Intervals)
            else self.held & other.held
        )
        return Region(both, self.missing and other.missing)


def allowed_column(codec: TableCodec, index: int, condition: Any) -> AllowedColumn:
    """The codes of a column that meet a condition.

    Args:
        codec: of the table.
        index: of the column.
        condition: as `condition_of` gives it.

    Raises:
        ConfigError: if the column cannot be held to it, or no value that is known meets it.
    """
    inner = codec.columns[index]
    if not codec.slots(index) and not isinstance(inner, FixedColumn):
        raise ConfigError(
            f"where: nothing is known of column {inner.column.name!r}, as too few training rows "
            f"share a value (at least {codec.min_count} must); leave it out of where"
        )
    if isinstance(inner, NumberColumn | MomentColumn):
        region = _region(condition, _Line(codec, index))
        return _numbers(codec, inner, region, condition)
    region = _region(condition, _Choices(codec, index))
    return _choices(codec, index, region, condition)


def allowed_choices(codec: TableCodec, index: int, condition: Any) -> tuple[Any, bool]:
    """[choices] which values of a column of few meet a condition, and whether a missing cell does;
    errors as of `allowed_column`."""
    region = _region(condition, _Choices(codec, index))
    return region.held, region.missing


def is_ordered(inner: ColumnCodec) -> bool:
    """Whether a column has ranges."""
    return isinstance(inner, NumberColumn | MomentColumn) or inner.column.ordered


def known_values(inner: ColumnCodec) -> list[Any]:
    """The values that a column can be fixed to, where it is one of few."""
    if isinstance(inner, CategoryColumn):
        return list(inner.categories)
    return [inner.value] if isinstance(inner, FixedColumn) and inner.value is not None else []


def _region(condition: Any, column: "_Line | _Choices") -> Region:
    if isinstance(condition, Not):
        return _region(condition.of, column).complement()
    if isinstance(condition, Both):
        return _region(condition.first, column).meet(_region(condition.second, column))
    if isinstance(condition, Range):
        return column.range(condition.low, condition.high)
    values = condition.values if isinstance(condition, OneOf) else (condition,)
    missing = [is_missing(column.inner.column, value) for value in values]
    present = [value for value, absent in zip(values, missing, strict=True) if not absent]
    return Region(column.of(present), any(missing))


class _Line:
    """Regions of a number or a date."""

    def __init__(self, codec: TableCodec, index: int) -> None:
        self.codec, self.index = codec, index
        self.inner: Any = codec.columns[index]
        self._ends: Callable[..., tuple[Any, Any]] = (
            number_ends if isinstance(self.inner, NumberColumn) else moment_ends
        )
        self._dtype = _numbers_of(self.inner).lows.dtype

    def range(self, low: Any, high: Any) -> Region:
        first, last = self._ends(self.inner, low, high, self.codec.schema.dialect)
        return Region(Intervals.between(first, last, self._dtype), False)

    def of(self, values: list[Any]) -> Intervals:
        inner, column = self.inner, self.inner.column
        steps = []
        for value in values:
            cell = where_cell(column, value, self.codec.schema.dialect)
            lost = (inner.encode(cell) < 0).any() or not inner.inside(cell).all()
            if lost:
                raise ConfigError(never_seen(self.codec, self.index, cell.iloc[0]))
            steps.append(inner.step_of(cell))
        return Intervals.points(np.array(steps, self._dtype))


class _Choices:
    """Regions of categories, or of what a column without single values can be told by."""

    def __init__(self, codec: TableCodec, index: int) -> None:
        self.codec, self.index, self.inner = codec, index, codec.columns[index]
        told = isinstance(self.inner, CategoryColumn | FixedColumn)
        self._values = known_values(self.inner) if told else None

    def range(self, low: Any, high: Any) -> Region:
        if not self.inner.column.ordered or self._values is None:
            raise ConfigError(
                f"where: {said_of(Range(low, high))} is a range, and column "
                f"{self.inner.column.name!r} has no order; give a set of values in braces, such as "
                f"'where.{self.inner.column.name}={{A,B}}', or declare the order of its levels in "
                "the schema"
            )
        ends = [None if end is None else self._place(end) for end in (low, high)]
        first, last = 0 if ends[0] is None else ends[0], ends[1]
        last = len(self._values) - 1 if last is None else last
        if first > last:
            raise ConfigError(upside_down(self.inner.column.name, low, high))
        places = np.arange(len(self._values))
        return Region((places >= first) & (places <= last), False)

    def of(self, values: list[Any]) -> Any:
        if self._values is None:
            if values:
                raise ConfigError(
                    f"where: of column {self.inner.column.name!r}, which is of type "
                    f"{self.inner.column.type}, the model knows the form alone; fix it to one "
                    "value, or say ?missing or not missing"
                )
            return np.zeros(_forms(self.codec, self.index), bool)
        held = np.zeros(len(self._values), bool)
        held[[self._place(value) for value in values]] = True
        return held

    def _place(self, value: Any) -> int:
        """Of a value among the known ones."""
        assert self._values is not None
        column = self.inner.column
        cell = where_cell(column, value, self.codec.schema.dialect, self._values).iloc[0]
        for place, known in enumerate(self._values):
            if str(known) == str(cell) if isinstance(self.inner, FixedColumn) else known == cell:
                return place
        raise ConfigError(never_seen(self.codec, self.index, cell))


def _numbers(
    codec: TableCodec, inner: NumberColumn | MomentColumn, region: Region, condition: Any
) -> AllowedColumn:
    numbers = _numbers_of(inner)
    if isinstance(inner, MomentColumn) and inner.clock is not None:
        cut: Any = CutMoment.of(inner, region.held)
        allowed = cut.allowed_codes()
    else:
        part = CutNumber.of(numbers, region.held)
        if part.points_beside_atoms:
            raise ConfigError(
                f"where: of {said_of(condition)} only some values of column {inner.column.name!r} "
                "have a probability of their own, as many rows share them, and the others have "
                "none beside these; give ranges around them"
            )
        cut = replace(inner, **{"codec" if isinstance(inner, NumberColumn) else "day": part})
        own = part.weights > 0
        allowed = AllowedCodes(trim(part.codes, numbers.children)[own], part.weights[own])
    if region.missing and inner.has_missing:
        missing = np.zeros((1, len(inner.variables(0, 0))), np.int64)
        missing[0, 0] = numbers.values
        allowed = AllowedCodes(np.concatenate([allowed.codes, missing]),
                               np.append(allowed.weights, 1.0))  # fmt: skip
    if not len(allowed.codes):
        raise ConfigError(
            f"where: no value of column {inner.column.name!r} that the model keeps meets "
            f"{said_of(condition)}, so the model gives it a probability of 0; it keeps "
            f"{inner.describe()[0] or 'none'}"
        )
    return AllowedColumn(allowed, cut)


def _choices(codec: TableCodec, index: int, region: Region, condition: Any) -> AllowedColumn:
    inner = codec.columns[index]
    places = np.flatnonzero(region.held)
    if isinstance(inner, CategoryColumn):
        joint = np.stack([places // inner.fine, places % inner.fine], axis=1)
        missing = np.array([[len(inner.children) - 1, 0]])
        found = trim(joint, inner.children)
        rest = trim(missing, inner.children) if inner.has_missing else found[:0]
    elif isinstance(inner, FixedColumn):
        found = np.zeros((len(places), 0), np.int64)
        rest = np.zeros((int(inner.value is None), 0), np.int64)
    else:
        found = np.full((len(places), len(codec.slots(index))), -1)
        found[:, 0] = places
        if inner.has_missing:
            rest = np.full((1, found.shape[1]), -1)
            rest[0, 0] = region.held.size
        else:
            rest = found[:0]
    if region.missing:
        found = np.concatenate([found, rest])
    if not len(found):
        raise ConfigError(
            f"where: no value of column {inner.column.name!r} that the model knows meets "
            f"{said_of(condition)}, so the model gives it a probability of 0; leave one part of "
            "it out"
        )
    return AllowedColumn(AllowedCodes(found, np.ones(len(found))), inner)


def _numbers_of(inner: ColumnCodec) -> Any:
    """The codec of a number, or of the days of a date."""
    return inner.codec if isinstance(inner, NumberColumn) else inner.day  # type: ignore[attr-defined]


def _forms(codec: TableCodec, index: int) -> int:
    """Codes of the first variable of a key or a pattern, missing left out."""
    inner = codec.columns[index]
    assert isinstance(inner, KeyColumn | PatternColumn)
    return codec.spec.variables[codec.slots(index)[0]].levels - inner.has_missing
