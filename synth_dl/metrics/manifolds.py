"""Fidelity and diversity apart: precision, recall, density and coverage by nearest neighbours.

A cloud of features stands for the union of the balls around its points, each reaching to the k-th
nearest other point of the same cloud.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRECISION_NEIGHBOURS = 3
DENSITY_NEIGHBOURS = 5
CHUNK_MIB = 128


@dataclass(frozen=True)
class ManifoldScores:
    """Precision, recall and coverage in percent, density as a number around 1."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold_scores(
    real: NDArray[np.float64], made: NDArray[np.float64], chunk_mib: float = CHUNK_MIB
) -> ManifoldScores:
    """How well two clouds of features cover each other.

    Precision and recall are those of Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 1 and 2, with
    k = 3: the share of made images inside a ball of a real one, and the share of real images inside
    a ball of a made one. Density and coverage are those of Naeem et al. 2020 (arXiv:2002.09797),
    section 3, with k = 5: in how many real balls a made image lies on average, divided by k, and
    the share of real balls that hold a made image. A point on the edge of a ball is inside. All are
    better the higher; a real holdout of the same size tells what is reached (for as many made as
    real images some 97 % of coverage and a density of 1), density may exceed 1.

    Unit: %, density a number. Range: 0 to 100, density from 0. Better: higher. Source: Kynkäänniemi
    et al. 2019 (arXiv:1904.06991); Naeem et al. 2020 (arXiv:2002.09797).

    Args:
        real: [N, F] features; k is at most N - 1.
        made: [M, F] features.
        chunk_mib: memory for distances that are held at the same time.
    """
    near, far = min(PRECISION_NEIGHBOURS, DENSITY_NEIGHBOURS), DENSITY_NEIGHBOURS
    real_near, real_far = _radii(real, (near, far), chunk_mib)
    (made_near,) = _radii(made, (near,), chunk_mib)
    precise = np.zeros(len(made), dtype=bool)
    recalled, inside, covered = 0, 0, 0
    start = 0
    for block in _distances(real, made, chunk_mib):
        here = slice(start, start + len(block))
        start += len(block)
        precise |= (block <= real_near[here, None]).any(0)
        recalled += int((block <= made_near).any(1).sum())
        within = block <= real_far[here, None]
        inside += int(within.sum())
        covered += int(within.any(1).sum())
    neighbours = min(far, len(real) - 1)
    return ManifoldScores(
        precision=100.0 * float(precise.mean()),
        recall=100.0 * recalled / len(real),
        density=inside / (neighbours * len(made)),
        coverage=100.0 * covered / len(real),
    )


def _radii(
    points: NDArray[np.float64], neighbours: tuple[int, ...], chunk_mib: float
) -> list[NDArray[np.float64]]:
    """For each number of neighbours, [N] distances to the neighbour of that rank."""
    # The nearest of all is the point itself.
    ranks = [min(rank, len(points) - 1) for rank in neighbours]
    parts = [
        np.partition(block, ranks, axis=1)[:, ranks]
        for block in _distances(points, points, chunk_mib)
    ]
    return list(np.concatenate(parts).T)


def _distances(
    first: NDArray[np.float64], second: NDArray[np.float64], chunk_mib: float
) -> Iterator[NDArray[np.float64]]:
    """Blocks of rows of the Euclidean distances, as many as fit the memory."""
    from sklearn.metrics import pairwise_distances_chunked

    # One matrix is handed over once, for then each point is at no distance of itself.
    other = None if first is second else second
    return pairwise_distances_chunked(first, other, working_memory=chunk_mib)
