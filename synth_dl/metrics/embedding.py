"""Rows as points of a Euclidean space, in which neighbours are found by one matrix product."""

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.encoded import EncodedTable

MOST_LEVELS = 32  # axes of one column of categories
# A search has all cores, and takes them from the linear algebra meanwhile: two at a time would give
# these back too early to each other.
ONE_SEARCH = Lock()
ROUNDED = 6  # decimals of a distance; below them a copy differs from its original by rounding alone


@dataclass(frozen=True)
class Embedding:
    """Where a row lies.

    A number is its distance from the median in robust standard deviations, logarithmic far out
    (arcsinh), so that neither the unit nor one extreme value decides; a missing one stands at the
    median, one unit away along an axis of its own. Two different categories are one unit apart; of
    more than 32 categories of a column that holds on average, as they get random directions.

    Attributes:
        middles: [F] medians of the columns; 0 for categories.
        scales: [F] standard deviations, of the middle half where that is not 0; 1 for categories.
        misses: [F] whether the column misses cells, of which other tables' are neglected otherwise.
        directions: of each column, [L, D] where its categories lie, or None for numbers.
    """

    middles: NDArray[np.float64]
    scales: NDArray[np.float64]
    misses: NDArray[np.bool_]
    directions: tuple[NDArray[np.float64] | None, ...]

    @classmethod
    def of(cls, table: EncodedTable, seed: int = 0) -> "Embedding":
        """The embedding that the spread of a table's columns gives."""
        rng = np.random.default_rng(seed)
        middles, scales = np.zeros(len(table.columns)), np.ones(len(table.columns))
        directions: list[NDArray[np.float64] | None] = []
        for place, column in enumerate(table.columns):
            if not column.numeric:
                directions.append(_directions(column.levels, rng))
                continue
            directions.append(None)
            present = table.values[~table.missing(place), place]
            if len(present):
                middles[place], scales[place] = _centre(present)
        misses = np.asarray(np.isnan(table.values).any(axis=0))
        return cls(middles, scales, misses, tuple(directions))

    def __call__(self, table: EncodedTable) -> NDArray[np.float64]:
        """[N, D] points of the rows."""
        blocks = []
        for place, directions in enumerate(self.directions):
            if directions is not None:
                blocks.append(directions[table.codes(place)])
                continue
            missing = table.missing(place)
            # Of halves, whose difference is finite.
            apart = table.values[:, place] / 2 - self.middles[place] / 2
            numbers = np.arcsinh(2 * (apart / self.scales[place]))
            blocks.append(np.where(missing, 0.0, numbers)[:, None])
            if self.misses[place]:
                blocks.append(missing[:, None].astype(np.float64))
        return np.concatenate(blocks, axis=1)


def nearest(
    queries: NDArray[np.float64], references: NDArray[np.float64], neighbours: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """[N, k] distances to the nearest references, the nearest first, and [N, k] their places."""
    from sklearn.neighbors import NearestNeighbors

    among = NearestNeighbors(n_neighbors=neighbours, algorithm="brute", n_jobs=workers())
    with ONE_SEARCH:
        distances, places = among.fit(references).kneighbors(queries)
    return distances.round(ROUNDED), places


def nearest_others(
    points: NDArray[np.float64], neighbours: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The same of the other points of one set."""
    from sklearn.neighbors import NearestNeighbors

    among = NearestNeighbors(n_neighbors=neighbours, algorithm="brute", n_jobs=workers())
    with ONE_SEARCH:
        distances, places = among.fit(points).kneighbors()  # leaves out each point itself
    return distances.round(ROUNDED), places


def _directions(levels: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if levels <= MOST_LEVELS:
        return np.eye(levels) / np.sqrt(2)
    drawn = rng.normal(size=(levels, MOST_LEVELS))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True) / np.sqrt(2)


def _centre(present: NDArray[np.float64]) -> tuple[float, float]:
    low, middle, high = np.quantile(present, [0.25, 0.5, 0.75])
    scale = (high / 2 - low / 2) / 0.6745
    if not scale > 0:
        largest = max(np.abs(present).max(), np.finfo(float).tiny)
        scale = float((present / largest).std() * largest)
    return float(middle), float(scale) if np.isfinite(scale) and scale > 0 else 1.0
