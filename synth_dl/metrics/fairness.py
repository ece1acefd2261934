"""Whether outcomes depend on the group that a row is of, and which groups shrank."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.metrics.boosting import classifier
from synth_dl.metrics.encoded import MISSING_LABEL, EncodedTable
from synth_dl.metrics.intervals import share_error
from synth_dl.metrics.quantities import quantity

FEWEST = 30  # rows of a group, below which its rates say nothing
MOST_ROWS = 20_000  # that a classifier learns from
SHRUNK = 0.8  # of its real share, below which a group shrank
MOST_VALUES = 10  # of a number, each of which makes a group; of more, ranges do
QUARTILES = (0.25, 0.5, 0.75)
Cuts = Mapping[str, NDArray[np.float64]]  # of columns, the lowest value of each range but the first
NO_CUTS: Cuts = {}


@dataclass(frozen=True)
class Group:
    """One group of rows.

    Attributes:
        name: the values of its columns.
        real: percent of the real rows.
        synthetic: percent of the synthetic rows.
        fate: "vanished", "shrank" (below 0.8 of its share, by more than three standard errors) or
            "kept".
    """

    name: str
    real: float
    synthetic: float
    fate: str


@dataclass(frozen=True)
class Gap:
    """Difference between the two groups that differ most, and its standard error, in points."""

    points: float
    standard_error: float


def range_cuts(real: EncodedTable, groups: Sequence[str]) -> Cuts:
    """Where numbers and dates of many values are cut into groups: at the quartiles of real rows.

    Args:
        real: rows.
        groups: columns that make groups.
    """
    cuts = {}
    for name in groups:
        place = real.names.index(name)
        values = real.values[~real.missing(place), place]
        if real.columns[place].numeric and len(np.unique(values)) > MOST_VALUES:
            found = np.unique(np.quantile(values, QUARTILES, method="higher"))
            cuts[name] = found[found > values.min()]
    return cuts


def parity_gap(
    table: EncodedTable, target: str, groups: Sequence[str], cuts: Cuts = NO_CUTS
) -> Gap | None:
    """Largest difference between groups in the share of a class, demographic parity.

    Over all classes of the target and all groups of at least 30 rows. None where there are fewer
    than two such groups.

    Unit: points. Range: 0 to 100. Better: as the holdout.
    Source: Dwork et al. 2012 (arXiv:1104.3913); demographic parity difference of fairlearn.
    """
    place = table.names.index(target)
    return _gap(table.values[:, place], _groups(table, groups, cuts))


def model_gaps(
    learnt: EncodedTable,
    holdout: EncodedTable,
    target: str,
    groups: Sequence[str],
    seed: int = 0,
    cuts: Cuts = NO_CUTS,
) -> tuple[Gap, Gap] | None:
    """Parity and equalised-odds gap, on fresh rows, of a model that learnt from some rows.

    What LightGBM predicts differs between groups by the first, in points; within rows of one real
    class by the second at most. The two cannot both be 0 where groups differ in their classes.
    None where the holdout has fewer than two groups of 30 rows.

    Unit: points. Range: 0 to 100. Better: as the holdout.
    Source: Hardt et al. 2016 (arXiv:1610.02413), equation 1.
    """
    place = holdout.names.index(target)
    learnt, holdout = (each.take(~each.missing(place)) for each in (learnt, holdout))
    learnt = learnt.at_most(MOST_ROWS, np.random.default_rng(seed))
    known, answers = learnt.values[:, place], holdout.values[:, place]
    features, questions = (np.delete(each.values, place, axis=1) for each in (learnt, holdout))
    if not len(known) or not len(answers) or features.shape[1] == 0:
        return None
    predicted = np.full(len(answers), known[0])
    if len(np.unique(known)) > 1:
        predicted = np.asarray(classifier(seed).fit(features, known).predict(questions))
    group = _groups(holdout, groups, cuts)
    parity = _gap(predicted, group)
    if parity is None:
        return None
    within = [_gap(predicted[answers == label], group[answers == label])
              for label in np.unique(answers)]  # fmt: skip
    known_gaps = [gap for gap in within if gap is not None]
    return parity, max(known_gaps, key=lambda gap: gap.points, default=Gap(0.0, 0.0))


def group_shares(
    real: EncodedTable, synthetic: EncodedTable, groups: Sequence[str], cuts: Cuts = NO_CUTS
) -> list[Group]:
    """Share of each group in real and in synthetic rows; those that lost most come first.

    Unit: %. Range: 0 to 100. Better: equal shares.
    Source: group-size ratio; a group vanished where no synthetic row is of it.
    """
    places = [real.names.index(name) for name in groups]
    both = np.concatenate([_values(each, groups, cuts) for each in (real, synthetic)])
    codes, found = pd.MultiIndex.from_arrays(list(both.T)).factorize()
    counts = [np.bincount(part, minlength=len(found))
              for part in (codes[: len(real)], codes[len(real) :])]  # fmt: skip
    shares = []
    for code, values in enumerate(found):
        ours, theirs = counts[0][code] / len(real), counts[1][code] / len(synthetic)
        error = np.sqrt(ours * (1 - ours) * (1 / len(real) + 1 / len(synthetic)))
        lost = theirs < SHRUNK * ours and ours - theirs > 3 * error
        fate = "vanished" if ours > 0 and theirs == 0 else "shrank" if lost else "kept"
        name = ", ".join(_label(real, place, value, cuts)
                         for place, value in zip(places, values, strict=True))  # fmt: skip
        shares.append(Group(name, 100 * float(ours), 100 * float(theirs), fate))
    return sorted(shares, key=lambda each: each.synthetic - each.real)


def _label(table: EncodedTable, place: int, value: float, cuts: Cuts) -> str:
    column = table.columns[place]
    if np.isnan(value):
        said = MISSING_LABEL
    elif column.name in cuts:
        known = [quantity(each, column.unit) for each in cuts[column.name].tolist()]
        low = f"from {known[int(value) - 1]}" if value > 0 else ""
        high = f"below {known[int(value)]}" if value < len(known) else ""
        said = " to ".join(filter(None, (low, high)))
    else:
        said = quantity(value, column.unit) if column.numeric else column.labels[int(value)]
    return f"{column.name} {said}"


def _values(table: EncodedTable, names: Sequence[str], cuts: Cuts) -> NDArray[np.float64]:
    """[N, C] the values of the columns; where a column is cut, the numbers of their ranges."""
    found = table.values[:, [table.names.index(name) for name in names]]
    for place, name in enumerate(names):
        if name in cuts:
            ranges = np.searchsorted(cuts[name], found[:, place], side="right")
            found[:, place] = np.where(np.isnan(found[:, place]), np.nan, ranges)
    return found


def _groups(table: EncodedTable, names: Sequence[str], cuts: Cuts) -> NDArray[np.int64]:
    """[N] number of the group of each row; -1 where a cell is missing."""
    places = [table.names.index(name) for name in names]
    codes = pd.MultiIndex.from_arrays(list(_values(table, names, cuts).T)).factorize()[0]
    missing = np.any([table.missing(place) for place in places], axis=0)
    return np.where(missing, -1, codes).astype(np.int64)


def _gap(values: NDArray[np.float64], group: NDArray[np.int64]) -> Gap | None:
    """Largest difference between groups in the share of one value."""
    kept, counts = np.unique(group[group >= 0], return_counts=True)
    large = kept[counts >= FEWEST]
    if len(large) < 2:
        return None
    shares = np.array([[(values[group == each] == value).mean() for value in np.unique(values)]
                       for each in large])  # fmt: skip
    value = int(np.ptp(shares, axis=0).argmax())
    ends = [int(shares[:, value].argmin()), int(shares[:, value].argmax())]
    errors = [share_error(100 * shares[end, value], int(counts[counts >= FEWEST][end]))
              for end in ends]  # fmt: skip
    return Gap(100 * float(np.ptp(shares[ends, value])), math.hypot(*errors))
