"""Codes as parts of a normal axis: where each lies, and how the axes of two variables correlate.

A variable is a standard normal number that is cut into intervals, one for each code. The
correlation of two such numbers is the one at which the scores of their codes, the means of the
intervals, covary as they do in the records; by Mehler's formula that covariance is a power series
in the correlation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from synth_dl.models.dependence import PairCounts
from synth_dl.spec import Spec

Floats = NDArray[np.float64]
TERMS = 30  # of Mehler's series
STRONGEST = 0.999  # correlation of two variables that determine each other
HALVINGS = 40  # of the interval in which a correlation is sought


def positions(spec: Spec, free: list[int], counts: PairCounts) -> list[NDArray[np.int64]]:
    """For each free variable, its codes from the lowest end of its axis to the highest.

    Ordered codes stay in order. Those of nominal variables are ordered by the first axis of a
    correspondence analysis (Benzécri 1973) against all other variables, on which codes lie near
    each other that go with like values; so is a code without a rank put among those with ranks.
    What is missing whatever the others are thus lies in the middle, where it leans to neither end.
    """
    found = []
    for place, variable in enumerate(free):
        axis = _first_axis(counts, place)
        own = spec.variables[variable] if variable < len(spec.variables) else None
        if own is not None and not own.ordered:
            found.append(np.argsort(axis, kind="stable"))
            continue
        codes = np.arange(len(axis), dtype=np.int64)
        ranks = None if own is None or own.ranks is None else np.array(own.ranks)
        if ranks is None or not np.isnan(ranks).any() or np.isnan(ranks).all():
            found.append(codes)
            continue
        placed, others = codes[~np.isnan(ranks)], codes[np.isnan(ranks)]
        rising = np.corrcoef(np.arange(len(placed)), axis[placed])[0, 1] if len(placed) > 1 else 1
        axis = -axis if rising < 0 else axis
        weights = counts.counts[counts.first[place] : counts.first[place + 1]].sum(1)[placed]
        spots = [_spot(axis[placed], weights, height) for height in axis[others]]
        found.append(np.insert(placed, spots, others))
    return found


def _spot(heights: Floats, weights: NDArray[Any], height: float) -> int:
    """Before which of these a code stands, so that the fewest records are out of order."""
    above, under = (weights * each for each in (heights > height, heights < height))
    wrong = np.concatenate([[0], np.cumsum(above)]) + np.concatenate(
        [np.cumsum(under[::-1])[::-1], [0]]
    )
    return int(wrong.argmin())


def cuts_of(shares: Floats) -> Floats:
    """[levels + 1] the normal numbers between intervals of such shares, infinite at both ends."""
    sums = np.concatenate([[0.0], np.cumsum(shares)])
    return ndtri(np.clip(sums / sums[-1], 0.0, 1.0))


def correlations(counts: PairCounts, orders: list[NDArray[np.int64]], cuts: list[Floats]) -> Floats:
    """[F, F] correlations of the axes of all variables, each pair by itself."""
    size = len(orders)
    scores, series = [], []
    for order, cut in zip(orders, cuts, strict=True):
        density, (low, high) = _density(cut), (cut[:-1], cut[1:])
        share = np.maximum(ndtr(high) - ndtr(low), 1e-300)
        score = (density[:-1] - density[1:]) / share
        by_code = np.empty(len(order))
        by_code[order] = score
        scores.append(by_code)
        series.append(_coefficients(cut, score))
    powers = np.stack(series)
    found = np.zeros((size, size))
    for one in range(size):
        for other in range(one):
            table = counts.of(one, other)
            total = table.sum()
            if total:
                found[one, other] = scores[one] @ table @ scores[other] / total
    low, high = np.full_like(found, -STRONGEST), np.full_like(found, STRONGEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = np.zeros_like(middle)
        for term in range(TERMS - 1, -1, -1):  # Horner's scheme; the constant term is 0
            reached = (reached + np.outer(powers[:, term], powers[:, term])) * middle
        low, high = np.where(reached < found, middle, low), np.where(reached < found, high, middle)
    lower = np.tril((low + high) / 2, -1)
    return lower + lower.T + np.eye(size)


def _first_axis(counts: PairCounts, place: int) -> Floats:
    """[levels] scores of the codes of a variable on the first axis against all others."""
    first, last = counts.first[place], counts.first[place + 1]
    table = np.delete(counts.counts[first:last].astype(np.float64), np.s_[first:last], axis=1)
    total = table.sum()
    if not total:
        return np.zeros(last - first)
    rows, columns = table.sum(1, keepdims=True), table.sum(0, keepdims=True)
    expected = np.maximum(rows @ columns / total, 1e-12)
    residuals = (table - expected) / np.sqrt(expected)
    _, vectors = np.linalg.eigh(residuals @ residuals.T)
    axis = vectors[:, -1] / np.sqrt(np.maximum(rows[:, 0], 1e-12))
    # The sign of an eigenvector is free; it must not depend on the machine.
    return axis * np.sign(axis[np.abs(axis).argmax()] or 1.0)


def _density(cut: Floats) -> Floats:
    return np.exp(-0.5 * np.square(cut)) / np.sqrt(2 * np.pi)


def _coefficients(cut: Floats, score: Floats) -> Floats:
    """[TERMS] of the scores as a series of normalised Hermite polynomials, from the first on."""
    density = _density(cut)
    inner = np.where(np.isfinite(cut), cut, 0.0)
    before, present = np.zeros_like(inner), np.ones_like(inner)  # normalised, of degree k - 1
    found = np.empty(TERMS)
    for degree in range(1, TERMS + 1):
        edges = present * density
        found[degree - 1] = score @ (edges[:-1] - edges[1:]) / np.sqrt(degree)
        following = (inner * present - np.sqrt(degree - 1) * before) / np.sqrt(degree)
        before, present = present, following
    return found
