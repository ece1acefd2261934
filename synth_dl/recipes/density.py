"""The log-probability of rows: of every column given those before it, summed over what is unseen.

Cells that are missing, and hidden columns, are unseen. Where nothing depends on them they drop out;
where something does, the probability is summed over all their values, which must be few.
"""

from collections.abc import Iterator
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.recipes.columns import Column
from synth_dl.recipes.copula import Member
from synth_dl.recipes.distributions.base import Array
from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.identifiers import Identifier
from synth_dl.recipes.language import Table
from synth_dl.recipes.models import Model
from synth_dl.recipes.parameters import probabilities
from synth_dl.recipes.reading import nearest
from synth_dl.recipes.values import Texts, Value, Values, from_series, take

_MOST_SUMMED = 10_000  # combinations of unseen values


def log_prob(table: Table, frame: pd.DataFrame, outer: Values | None = None) -> Array:
    """[N] nats: a density for values of continuous columns, else a probability.

    Columns that name rows are left out: their values say nothing of the others.

    Args:
        table: of the recipe.
        frame: [N] rows, with its columns.
        outer: [N] columns of other tables that its own may name.

    Raises:
        DataError: for tables with other columns, and rows whose probability would need an
            integral.
    """
    values, masks = observed(table, frame)
    values = {**(outer or {}), **values}
    result = np.full(len(frame), -np.inf)
    for rows, gone in _patterns(table, masks, len(frame)):
        own = {name: take(value, rows) for name, value in values.items()}
        result[rows] = _Rows(table, own, gone, len(rows)).log_prob()
    return result


def observed(table: Table, frame: pd.DataFrame) -> tuple[dict[str, Value], dict[str, Array]]:
    """[N] the columns of a frame, and which of their cells are missing.

    Raises:
        DataError: for columns that are lacking, unknown or of another kind.
    """
    names = [column.name for column in table.written]
    for name in frame.columns:
        if name not in names:
            raise DataError(f"the recipe has no column {name!r}, so its probability is not known; "
                            f"{nearest(name, names)}")  # fmt: skip
    values, masks = {}, {}
    masking = [column.missing.names for column in table.order if column.missing is not None]
    named = frozenset().union(*masking, *(column.parents for column in table.order))
    for column in table.written:
        if column.name in frame.columns:
            if isinstance(column.source, Identifier) and not _holds(column, frame, named):
                continue
            series = pd.Series(frame[column.name])
            values[column.name], masks[column.name] = from_series(series, column.kind, column.name)
        elif not isinstance(column.source, Identifier):
            raise DataError(f"the table lacks the column {column.name!r} of the recipe; add it")
    return values, masks


def _holds(column: Column, frame: pd.DataFrame, named: frozenset[str]) -> bool:
    """Whether the cells that name rows are of the kind that the recipe gives them.

    What they are called else says nothing of the other columns, unless these are computed from it.
    """
    try:
        from_series(pd.Series(frame[column.name]), column.kind, column.name)
    except DataError:
        if column.name in named:
            raise
        return False
    return True


def _patterns(table: Table, masks: dict[str, Array], rows: int) -> Iterator[tuple[Array, set[str]]]:
    """Rows whose missing cells are in the same columns, and these columns."""
    names = [c.name for c in table.written if c.missing is not None and c.name in masks]
    if not names or not rows:
        yield np.arange(rows), set()
        return
    stacked = np.stack([masks[name] for name in names], axis=1)
    kinds, which = np.unique(stacked, axis=0, return_inverse=True)
    for k, kind in enumerate(kinds):
        yield np.flatnonzero(which.ravel() == k), {n for n, m in zip(names, kind, strict=True) if m}


class _Rows:
    """Rows whose missing cells are in the same columns."""

    def __init__(self, table: Table, values: dict[str, Value], gone: set[str], rows: int) -> None:
        self._table, self._values, self._gone, self._rows = table, values, gone, rows
        unseen = gone | {c.name for c in table.order if c.hidden}
        needed: set[str] = set()
        for column in reversed(table.order):
            if column.name not in unseen or column.name in needed:
                needed |= column.parents
        masks = [c.missing.names for c in table.order if c.missing is not None]
        for name in frozenset().union(*masks):
            needed |= self._ancestors(name)
        self._needed = needed
        # Unseen columns that something depends on, each after those it depends on itself.
        self._unseen = [c for c in table.order if c.name in unseen and c.name in needed]
        self._counted = [c for c in table.order if c.name not in unseen or c.name in needed]

    def _ancestors(self, name: str) -> set[str]:
        column = self._table.columns.get(name)
        parents = column.parents if column is not None else frozenset()
        return {name}.union(*(self._ancestors(parent) for parent in parents))

    def log_prob(self) -> Array:
        """[N] nats."""
        return self._sum(0, self._values, 1)

    def _sum(self, depth: int, values: dict[str, Value], combinations: int) -> Array:
        """The probability summed over all values of the unseen columns from `depth` on."""
        if depth == len(self._unseen):
            return self._joint(values)
        column = self._unseen[depth]
        if isinstance(column.source, Expression):
            return self._sum(
                depth + 1, {**values, column.name: column.source(values)}, combinations
            )
        if not isinstance(column.source, Model):
            self._refuse(column)
        distribution = column.source.given(values)
        if not distribution.discrete:
            self._refuse(column)
        points = distribution.points(_MOST_SUMMED // combinations)
        if points is None:
            self._refuse(column)
        combinations *= len(points)
        total = np.full(self._rows, -np.inf)
        for point in points:
            own = column.source.decode(np.array([point]))
            total = np.logaddexp(total, self._sum(depth + 1, {**values, column.name: own},
                                                  combinations))  # fmt: skip
        return total

    def _refuse(self, column: Column) -> NoReturn:
        why = "is missing" if column.name in self._gone else "is hidden"
        column.entry.refuse(
            f"the probability of a row where {column.name!r} {why} is not known in closed form, as "
            "other columns depend on it and it has too many values to sum over; leave such rows "
            "out, or make it visible and never missing"
        )

    def _joint(self, values: Values) -> Array:
        """[N] nats of rows of which all that is needed is known."""
        total = self._missing(values)
        members: dict[str, Member] = {}
        copied = {name for copula in self._table.copulas for name in copula.names}
        for column in self._counted:
            if isinstance(column.source, Model):
                distribution = column.source.given(values)
                encoded = column.source.encode(values[column.name])
                encoded = np.broadcast_to(encoded, self._rows)
                if column.name in copied:
                    members[column.name] = Member.of(distribution, encoded)
                else:
                    total = total + _finite(distribution.log_density(encoded))
            elif isinstance(column.source, Expression) and column.name in self._values:
                computed = column.source(values)
                if column.kind in ("whole", "moment"):  # which no infinity is written as
                    computed = np.where(np.isfinite(computed), computed, np.nan)  # type: ignore
                same = _same(computed, values[column.name])
                total = np.where(same, total, -np.inf)
        for copula in self._table.copulas:
            total = total + copula.log_prob(members, total > -np.inf)
        return total

    def _missing(self, values: Values) -> Array:
        total = np.zeros(self._rows)
        with np.errstate(divide="ignore"):
            for column in self._table.written:
                if column.missing is not None and column.name in self._values:
                    share = probabilities(column.missing, values)
                    gone = column.name in self._gone
                    total = total + (np.log(share) if gone else np.log1p(-share))
        return total


def _finite(log_density: Array) -> NDArray[np.float64]:
    """Cells that are missing, or that a column never has, have no probability."""
    return np.where(np.isnan(log_density), -np.inf, log_density)


def _same(computed: Value, given: Value) -> Array:
    """[N] whether cells are what their formula gives."""
    if isinstance(computed, Texts) and isinstance(given, Texts):
        both = (computed.codes < 0) & (given.codes < 0)
        return computed.equals(given) | both
    return np.isclose(computed, given, rtol=1e-9, atol=1e-9, equal_nan=True)  # type: ignore
