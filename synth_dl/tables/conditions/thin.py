"""Regions where real rows are thin, by the model's own density, said as conditions.

A shallow regression tree predicts the log-probability of the real rows from their columns. Its
leaves are ranges and sets of columns, so each is a condition as a user would write it; those of the
lowest mean log-probability, among leaves of fewer rows than the average one, are thin.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.metrics.leaves import leaves_of
from synth_dl.sampling.balance import table_lines
from synth_dl.sampling.conditions import OneOf, Range
from synth_dl.tables.schema import Schema

MOST_REGIONS = 5
FEWEST_ROWS = 20  # of a region; fewer tell of single people and teach the tree nothing
_MOST_VALUES = 40  # of a category that the tree asks about
_LISTED = 4  # values of a set in words


@dataclass(frozen=True)
class Region:
    """A part of the table with few rows.

    Attributes:
        where: the condition that makes it.
        real: real rows in it.
        drawn: rows that it lacks of the average region.
    """

    where: Mapping[str, Any]
    real: int
    drawn: int

    @property
    def words(self) -> str:
        """What it is, for people."""
        return ", ".join(f"{name} {_said(asked)}" for name, asked in self.where.items())


def thin_regions(
    frame: pd.DataFrame, log_prob: NDArray[np.float64], schema: Schema, told: Container[str]
) -> list[Region]:
    """The thinnest regions, the thinnest first.

    Args:
        frame: real rows in tidy dtypes.
        log_prob: [N] of each.
        schema: of the table.
        told: the columns that a region may be told by.

    Raises:
        DataError: for too few rows, or where no region is thin.
    """
    if len(frame) < 4 * FEWEST_ROWS:
        raise DataError(f"fill=thin needs at least {4 * FEWEST_ROWS} real rows to find regions in, "
                        f"and there are {len(frame)}; name more")  # fmt: skip
    features = dict(_features(frame, log_prob, schema, told))
    if not features:
        raise DataError("fill=thin: no column has ranges or sets of values to tell regions by; "
                        "top_up= fills up classes")  # fmt: skip
    found = leaves_of(np.column_stack(list(features.values())), log_prob, FEWEST_ROWS)
    counts = np.bincount(found.leaf)
    average = len(frame) // len(counts)
    means = np.bincount(found.leaf, log_prob) / counts
    order = [k for k in np.argsort(means, kind="stable") if counts[k] < average][:MOST_REGIONS]
    if not order:
        raise DataError("fill=thin: no region has fewer real rows than the others, so there is "
                        "nothing to fill; top_up= fills up classes")  # fmt: skip
    names = list(features)
    return [
        Region(
            _condition(frame, found.leaf == k, [names[each] for each in found.asked[k]], schema),
            int(counts[k]),
            int(average - counts[k]),
        )
        for k in order
    ]


def region_lines(regions: list[Region]) -> list[str]:
    """For the console."""
    rows = [(each.words, each.real, each.drawn, each.real + each.drawn) for each in regions]
    return table_lines(["thin", "real", "drawn", "together"], rows)


def _features(
    frame: pd.DataFrame, log_prob: NDArray[np.float64], schema: Schema, told: Container[str]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """The columns that a tree can ask about, by name, as numbers in whose order it cuts them.

    Categories stand in the order of their mean log-probability, in which the best set of a
    regression tree is always a half (Breiman et al. 1984, section 9.4). Numbers with missing cells
    are left out, as no condition says "below 5 or missing".
    """
    for column in [each for each in schema.columns if each.name in told]:
        cells = pd.Series(frame[column.name])
        if column.type in ("number", "datetime"):
            if not cells.isna().any() and cells.nunique() > 1:
                yield column.name, cells.rank(method="dense").to_numpy(np.float64)
        elif column.type in ("category", "boolean"):
            code, values = pd.factorize(cells, use_na_sentinel=False)
            if 1 < len(values) <= _MOST_VALUES:
                means = np.bincount(code, log_prob) / np.bincount(code)
                yield column.name, means.argsort().argsort()[code].astype(np.float64)


def _condition(
    frame: pd.DataFrame, inside: NDArray[np.bool_], asked: list[str], schema: Schema
) -> dict[str, Any]:
    """The values of the asked columns in a region: a set, or a range, which is open at the ends of
    the table."""
    found: dict[str, Any] = {}
    for name in asked:
        every = pd.Series(frame[name])
        cells = pd.Series(every[inside])
        if schema.column(name).type in ("number", "datetime"):
            low, high = cells.min(), cells.max()
            ends = (None if low == every.min() else low, None if high == every.max() else high)
            found[name] = Range(*ends)
        else:
            there = cells.dropna().unique().tolist()
            found[name] = OneOf((*there, None) if cells.isna().any() else tuple(there))
    return found


def _said(asked: Any) -> str:
    if isinstance(asked, Range):
        low, high = (None if end is None else _shown(end) for end in (asked.low, asked.high))
        if low is None:
            return f"up to {high}"
        if high is None:
            return f"{low} or more"
        return low if low == high else f"{low} to {high}"
    names = ["missing" if value is None else _shown(value) for value in asked.values]
    more = f" or {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return " or ".join(names[:_LISTED]) + more


def _shown(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if value == value.normalize() else str(value)
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
