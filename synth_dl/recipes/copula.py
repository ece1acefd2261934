"""Columns that are correlated, by a Gaussian copula: their noise is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synth_dl.recipes.columns import Column
from synth_dl.recipes.distributions.base import Array, Distribution
from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.matrices import check_definite
from synth_dl.recipes.models import Model
from synth_dl.recipes.ranks import MEASURES, Margin, latent, of_continuous
from synth_dl.recipes.reading import Entry, nearest
from synth_dl.recipes.rectangles import log_box

_AT_ONCE = 1 << 12
_NARROW = 1e-4  # noise within which a density is taken as even: the error is about its square


@dataclass(frozen=True)
class Member:
    """Values of a correlated column.

    Attributes:
        log_density: [N] nats of each by itself.
        boxed: [N] whether it stands for an interval of noise; else for one number.
        low: [N] where its noise begins.
        high: [N] where it ends; the same where it is one number.
    """

    log_density: Array
    boxed: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, distribution: Distribution, values: Array) -> "Member":
        log_density = distribution.log_density(values)
        log_density = np.where(np.isnan(log_density), -np.inf, log_density)
        point = distribution.is_point(values)
        high = distribution.at_most(values).noise
        low = np.where(point, distribution.below(values).noise, high)
        with np.errstate(invalid="ignore"):
            boxed = point & ~(high - low < _NARROW)
        return cls(log_density, boxed, low, high)


class Copula:
    """A Gaussian copula.

    Args:
        names: [D] of the columns.
        matrix: [D, D] correlations of their noise, positive definite.
    """

    def __init__(self, names: list[str], matrix: Array) -> None:
        self.names, self.matrix = names, matrix
        self._factor = np.linalg.cholesky(matrix)

    def correlate(self, noise: Array) -> None:
        """Turn [D, N] independent noise into correlated one, in place."""
        # In parts that stay near the processor, and in a fixed order: by a matrix product, digits
        # would depend on the number of rows.
        scaled = np.empty(min(_AT_ONCE, noise.shape[1]))
        for first in range(0, noise.shape[1], _AT_ONCE):
            part = noise[:, first : first + _AT_ONCE]
            spare = scaled[: part.shape[1]]
            for row in reversed(range(len(part))):
                part[row] *= self._factor[row, row]
                for place in np.flatnonzero(self._factor[row, :row]):
                    np.multiply(part[place], self._factor[row, place], out=spare)
                    part[row] += spare

    def log_prob(self, members: Mapping[str, Member], possible: Array) -> Array:
        """[N] nats of its columns together; those that are not among the members are left out.

        Args:
            members: by column.
            possible: [N] rows whose other columns are possible; nothing is known of the others.
        """
        places = [place for place, name in enumerate(self.names) if name in members]
        found = [members[self.names[place]] for place in places]
        if not found:
            return np.zeros(len(possible))
        boxed = np.stack([member.boxed for member in found], axis=1)
        low = np.stack([member.low for member in found], axis=1)
        high = np.stack([member.high for member in found], axis=1)
        alone = np.stack([member.log_density for member in found], axis=1)
        total = np.where(boxed, np.where(alone == -np.inf, -np.inf, 0.0), alone).sum(axis=1)
        matrix = self.matrix[np.ix_(places, places)]
        total = np.where(possible, total, -np.inf)
        going = np.flatnonzero(total > -np.inf)
        kinds, which = np.unique(boxed[going], axis=0, return_inverse=True)
        for k, kind in enumerate(kinds):
            own = going[which.ravel() == k]
            total[own] += _log_prob(low[own], high[own], kind, matrix)
        return total


def _log_prob(low: Array, high: Array, boxed: Array, matrix: Array) -> Array:
    """[N] nats of noise over what its parts have by themselves, but for boxes."""
    points, boxes = np.flatnonzero(~boxed), np.flatnonzero(boxed)
    result = np.zeros(len(low))
    middle = np.clip((low[:, points] + high[:, points]) / 2, -38, 38)
    own = matrix[np.ix_(points, points)]
    solved = np.linalg.solve(own, middle.T).T
    result -= ((solved - middle) * middle).sum(axis=1) / 2 + np.linalg.slogdet(own)[1] / 2
    if len(boxes):
        cross = matrix[np.ix_(points, boxes)]
        mean = solved @ cross
        rest = matrix[np.ix_(boxes, boxes)] - cross.T @ np.linalg.solve(own, cross)
        result += log_box(low[:, boxes] - mean, high[:, boxes] - mean, rest)
    return result


def read_copulas(entry: Entry, columns: Mapping[str, Column]) -> list[Copula]:
    """The correlations of a table: one matrix, or a list of them for columns apart.

    Raises:
        DataError: for columns that have no order, and matrices that no columns have.
    """
    parts = entry.value if isinstance(entry.value, list) else [entry]
    copulas: list[Copula] = []
    for part in parts:
        copulas.append(_read(part, columns))
        names = [name for copula in copulas for name in copula.names]
        for name in copulas[-1].names:
            if names.count(name) > 1:
                part.refuse(f"column {name!r} stands in two correlations; put them into one")
    return copulas


def _read(entry: Entry, columns: Mapping[str, Column]) -> Copula:
    entries = entry.entries("measure", "columns", "matrix", "pairs")
    if "measure" not in entries:
        entry.refuse("say what the correlations are: `measure: spearman`, kendall, or normal (of "
                     "the normal noise)")  # fmt: skip
    measure = entries["measure"].choice(MEASURES, "measure of correlation")
    if ("matrix" in entries) == ("pairs" in entries):
        entry.refuse("a correlation needs its `matrix` or its `pairs`, one of them")
    names, wanted = _pairs(entries) if "pairs" in entries else _matrix(entry, entries)
    place = entries.get("matrix", entries.get("pairs", entry))
    margins = [_margin(place, name, columns) for name in names]
    check_definite(place, names, wanted, measure, wanted)
    result = np.eye(len(names))
    for i in range(len(names)):
        for j in range(i):
            one, other = margins[i], margins[j]
            try:
                value = of_continuous(measure, wanted[i, j]) if one is None or other is None else (
                    latent(measure, wanted[i, j], one, other))  # fmt: skip
            except ValueError as error:
                place.refuse(f"the correlation of {names[j]!r} and {names[i]!r} is "
                             f"{wanted[i, j]:g}, and {error}; lower it, or say "
                             "`measure: normal`")  # fmt: skip
            result[i, j] = result[j, i] = value
    check_definite(place, names, result, measure, wanted)
    return Copula(names, result)


def _margin(place: Entry, name: str, columns: Mapping[str, Column]) -> Margin | None:
    """Of a column; None where it depends on others, as it is another in each row."""
    column = columns.get(name)
    if column is None:
        place.refuse(f"there is no column {name!r} to correlate; {nearest(name, list(columns))}")
    if not isinstance(column.source, Model):
        why = ("is computed from others; correlate these" if isinstance(column.source, Expression)
               else "names a row; leave it out")  # fmt: skip
        place.refuse(f"column {name!r} can't be correlated, as it {why}")
    if not column.ordered:
        place.refuse(f"column {name!r} has no order, so it can't be correlated; correlate numbers, "
                     "dates, truth values and categories with `ordered: true`")  # fmt: skip
    return None if column.source.names else Margin(column.source.given({}))


def _matrix(entry: Entry, entries: Mapping[str, Entry]) -> tuple[list[str], Array]:
    if "columns" not in entries:
        entry.refuse("a correlation matrix needs its `columns`")
    names = [each.name() for each in entries["columns"].items()]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        entries["columns"].refuse(f"column {twice!r} stands twice; remove one")
    rows = [[_correlation(cell) for cell in row.items("a row of the matrix")]
            for row in entries["matrix"].items("a list of rows")]  # fmt: skip
    size = len(names)
    if size < 2 or len(rows) != size or any(len(row) != size for row in rows):
        entries["matrix"].refuse(f"the matrix must have {size} rows of {size} numbers, as there "
                                 f"are {size} columns, two or more")  # fmt: skip
    matrix = np.array(rows, float)
    if (np.diag(matrix) != 1).any():
        entries["matrix"].refuse("the diagonal of a correlation matrix is 1; correct it")
    if np.abs(matrix - matrix.T).max() > 1e-8:
        i, j = np.unravel_index(np.abs(matrix - matrix.T).argmax(), matrix.shape)
        entries["matrix"].refuse(f"the correlation of {names[i]!r} and {names[j]!r} is "
                                 f"{matrix[i, j]:g} once and {matrix[j, i]:g} once; give the "
                                 "same")  # fmt: skip
    return names, (matrix + matrix.T) / 2


def _correlation(cell: Entry) -> float:
    return cell.number(-1, 1, "a correlation from -1 to 1")


def _pairs(entries: Mapping[str, Entry]) -> tuple[list[str], Array]:
    found: dict[tuple[str, str], float] = {}
    names: dict[str, None] = {}
    if "columns" in entries:
        names = {each.name(): None for each in entries["columns"].items()}
    for pair in entries["pairs"].items("pairs such as [age, income, 0.4]"):
        cells = pair.items("two columns and their correlation, such as [age, income, 0.4]")
        if len(cells) != 3:
            pair.refuse("a pair is two columns and their correlation, such as [age, income, 0.4]")
        one, other = (each.name() for each in cells[:2])
        if one == other or (one, other) in found or (other, one) in found:
            pair.refuse(f"the pair {one!r} and {other!r} is told twice or is one column; remove it")
        found[one, other] = _correlation(cells[2])
        names |= {one: None, other: None}
    order = list(names)
    if len(order) < 2:
        entries["pairs"].refuse("there are no pairs; list two columns and their correlation")
    matrix = np.eye(len(order))
    for (one, other), value in found.items():
        i, j = order.index(one), order.index(other)
        matrix[i, j] = matrix[j, i] = value
    return order, matrix
