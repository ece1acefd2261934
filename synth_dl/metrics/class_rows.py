"""Rows of which a class is to be learnt, and what is done about classes that have few of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.encoded import EncodedTable

NEIGHBOURS = 5  # of SMOTE, as its authors have it


@dataclass(frozen=True)
class ClassRows:
    """Rows and their classes.

    Attributes:
        features: [N, F] the other columns; missing numbers are NaN.
        classes: [N] whole numbers from 0 on.
        categorical: [F] booleans: which features are codes of categories.
    """

    features: NDArray[np.float64]
    classes: NDArray[np.int64]
    categorical: NDArray[np.bool_]

    @classmethod
    def of(cls, table: EncodedTable, target: str, names: Sequence[str]) -> "ClassRows":
        """Encoded rows, of which each has one of the classes of these names."""
        position = table.names.index(target)
        column = table.columns[position]
        values = (
            np.array([float(name) for name in names])
            if column.numeric
            else np.array([column.labels.index(name) for name in names], dtype=np.float64)
        )
        order = np.argsort(values)
        classes = order[np.searchsorted(values[order], table.values[:, position])]
        features = np.delete(table.values, position, axis=1)
        return cls(features, classes, np.delete(~table.numeric, position))

    def __len__(self) -> int:
        return len(self.classes)

    def take(self, rows: NDArray[np.int64]) -> "ClassRows":
        """The rows at these positions."""
        return replace(self, features=self.features[rows], classes=self.classes[rows])

    def with_rows(self, others: "ClassRows") -> "ClassRows":
        """These rows and others below them."""
        return replace(
            self,
            features=np.concatenate([self.features, others.features]),
            classes=np.concatenate([self.classes, others.classes]),
        )


def share_of_each_class(
    classes: NDArray[np.int64], share: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Positions of so large a random share of the rows of each class, in ascending order."""
    chosen = []
    for label in np.unique(classes):
        own = np.flatnonzero(classes == label)
        chosen.append(generator.permutation(own)[: max(1, round(share * len(own)))])
    return np.sort(np.concatenate(chosen))


def with_repeated(rows: ClassRows, generator: np.random.Generator) -> ClassRows:
    """Random over-sampling: rows of each class are repeated until it has as many as the largest."""
    counts = np.bincount(rows.classes)
    more = [
        generator.choice(np.flatnonzero(rows.classes == label), counts.max() - count)
        for label, count in enumerate(counts)
        if count
    ]
    return rows.take(np.concatenate([np.arange(len(rows)), *more]))


def with_interpolated(rows: ClassRows, seed: int) -> ClassRows:
    """SMOTE-NC: rows between neighbours of their class, until each is as large as the largest.

    Tables of numbers alone are for SMOTE, those of categories alone for SMOTE-N, its relatives.
    Missing numbers, which none of them takes, are replaced by the median.

    Raises:
        ImportError: where imbalanced-learn is not installed.
    """
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    counts = np.bincount(rows.classes)
    options: dict[str, Any] = {
        "k_neighbors": int(min(NEIGHBOURS, counts[counts > 0].min() - 1)),
        "random_state": seed,
    }
    if rows.categorical.all():
        sampler = SMOTEN(**options)
    elif rows.categorical.any():
        sampler = SMOTENC(np.flatnonzero(rows.categorical).tolist(), **options)
    else:
        sampler = SMOTE(**options)
    found = sampler.fit_resample(_by_median(rows.features), rows.classes)
    return replace(rows, features=np.asarray(found[0]), classes=np.asarray(found[1]))


def _by_median(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The features, with their medians for NaN; 0 where a column holds no number."""
    filled = features.copy()
    for column in filled.T:
        lacking = np.isnan(column)
        if lacking.any():
            column[lacking] = 0.0 if lacking.all() else np.median(column[~lacking])
    return filled
