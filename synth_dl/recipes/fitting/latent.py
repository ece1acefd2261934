"""Correlations of the normal noise behind columns of any type: polychoric, by maximum likelihood.

Each column is cut at its own shares into cells in order; the correlation of two columns is the one
under which the table of their cells is most likely (Olsson 1979). Fine columns are cut into some
two dozen cells, so that numbers, ranks and truth values are all treated alike.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

from synth_dl.recipes.fitting.observed import Vector

Codes = NDArray[np.int64]
CELLS = 24
CLOSEST = 0.9995
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_FURTHEST = 8.0


def normal_scores(codes: Codes) -> Vector:
    """[N] means of the noise of each code, over all present rows of mean 0 and spread 1.

    Args:
        codes: [N] places in order; -1 where nothing is known, which gets 0.
    """
    present = codes >= 0
    counts = np.bincount(codes[present])
    middles = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
    scores = np.where(present, ndtri(np.clip(middles, 1e-9, 1 - 1e-9))[np.maximum(codes, 0)], 0.0)
    mean = scores[present].mean() if present.any() else 0.0
    centred = np.where(present, scores - mean, 0.0)
    spread = np.sqrt((centred**2).sum() / max(present.sum(), 1))
    return centred / spread if spread > 0 else centred


def cut(codes: Codes, cells: int = CELLS) -> Codes:
    """[N] codes of at most so many cells of about equal shares."""
    present = codes >= 0
    counts = np.bincount(codes[present])
    if (counts > 0).sum() > cells:
        middles = (np.cumsum(counts) - counts / 2) / counts.sum()
        place = np.minimum((middles * cells).astype(np.int64), cells - 1)
    else:
        place = np.arange(len(counts))
    _, place = np.unique(place[counts > 0], return_inverse=True)
    table = np.full(len(counts) + 1, -1, np.int64)
    table[:-1][counts > 0] = place
    return table[codes]


def polychoric(first: Codes, second: Codes) -> float | None:
    """The correlation of the noise of two columns; None where no row has both.

    Args:
        first: [N] cells in order, -1 where unknown.
        second: [N] likewise.
    """
    both = (first >= 0) & (second >= 0)
    sizes = int(first.max()) + 1, int(second.max()) + 1
    joint = np.bincount(first[both] * sizes[1] + second[both], minlength=sizes[0] * sizes[1])
    joint = joint.reshape(sizes)
    if min((joint.sum(axis=1) > 0).sum(), (joint.sum(axis=0) > 0).sum()) < 2:
        return None
    shares = joint / joint.sum()
    edges = [_edges(first), _edges(second)]

    def loss(correlation: float) -> float:
        return -float((shares * np.log(_rectangles(edges[0], edges[1], correlation))).sum())

    bounds = (-CLOSEST, CLOSEST)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return float(found.x)  # type: ignore[attr-defined]


def _edges(cells: Codes) -> Vector:
    """Noise between the cells of a column, by all rows that it has."""
    counts = np.bincount(cells[cells >= 0])
    shares = np.cumsum(counts)[:-1] / counts.sum()
    return np.clip(ndtri(shares), -_FURTHEST, _FURTHEST)


def _rectangles(first: Vector, second: Vector, correlation: float) -> Vector:
    """[A + 1, B + 1] probabilities of the cells between the edges, none of them 0."""
    corners = np.zeros((len(first) + 2, len(second) + 2))
    corners[1:-1, 1:-1] = _both_below(first, second, correlation)
    corners[-1, 1:-1], corners[1:-1, -1], corners[-1, -1] = ndtr(second), ndtr(first), 1.0
    return np.maximum(np.diff(np.diff(corners, axis=0), axis=1), 1e-12)


def _both_below(first: Vector, second: Vector, correlation: float) -> Vector:
    """[A, B] that two normal numbers lie below these, by an integral over the angle (Genz 2004)."""
    # Towards correlation one the integrand is a peak at the end; nodes gather there.
    angle = np.arcsin(correlation)
    t = (_NODES + 1) / 2
    place, width = angle * (1 - (1 - t) ** 3), angle * 1.5 * (1 - t) ** 2
    sine, squared = np.sin(place), np.cos(place) ** 2
    h, k = first[:, None, None], second[None, :, None]
    inner = np.exp(-(h**2 + k**2 - 2 * h * k * sine) / (2 * squared))
    return ndtr(first)[:, None] * ndtr(second) + (inner @ (_WEIGHTS * width)) / (2 * np.pi)
