"""The part of a formula that lacks, told from what is computed: `a` of `total = a + b`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.rules.columns import DifferenceColumn
from synth_dl.tables.rules.grids import MomentGrid, NumberGrid, grid_of
from synth_dl.tables.rules.held import Held
from synth_dl.tables.rules.rule import Formula, values_of

_ALMOST = 1e-6  # of what a step adds, by which rounding may bend a line


def grid_in(inner: Any) -> NumberGrid | MomentGrid | None:
    """The steps of a number or a date; None of other columns."""
    if isinstance(inner, DifferenceColumn):
        return inner.grid
    return grid_of(inner) if isinstance(inner, NumberColumn | MomentColumn) else None


def solved(
    held: Held, grid: NumberGrid | MomentGrid, name: str, cells: Mapping[str, pd.Series]
) -> pd.Series:
    """The cells of a column of which what is computed has the known values.

    What is computed must change evenly with it; a step that does not exist is the nearest.

    Args:
        held: of the computed column.
        grid: of the column that lacks.
        name: of that column.
        cells: of the computed one and of all others that it is computed from.
    """
    formula = held.formula
    assert formula is not None  # as its caller has seen
    frame = pd.DataFrame(dict(cells))
    at_none, rise, _ = _line(formula, grid, name, frame)
    wanted: Any = values_of(frame, [held.name], formula.by.kinds)[held.name]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = (wanted - at_none) / rise
    present = np.isfinite(steps)
    steps = np.where(present, steps, 0.0)
    if grid.whole:
        steps = np.clip(np.rint(steps), -(2.0**62), 2.0**62).astype(np.int64)
    return grid.series(steps, present)


def is_even(
    formula: Formula, grid: NumberGrid | MomentGrid, name: str, frame: pd.DataFrame
) -> bool:
    """Whether what is computed changes evenly with a column in some row, and changes at all."""
    _, rise, bent = _line(formula, grid, name, frame)
    found = np.isfinite(rise) & (rise != 0) & (np.abs(bent) <= _ALMOST * np.abs(rise))
    return bool(found.any())


def _line(
    formula: Formula, grid: NumberGrid | MomentGrid, name: str, frame: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """[N] what is computed where a column is at step 0, what each step adds, and how unevenly."""
    found = []
    for step in range(3):
        steps = np.full(len(frame), step)
        steps = steps if grid.whole else steps.astype(np.float64)
        cells = grid.series(steps, np.ones(len(frame), bool))
        found.append(np.asarray(formula.by.value(frame.assign(**{name: cells})), np.float64))
    none, one, two = found
    return none, one - none, two - 2 * one + none
