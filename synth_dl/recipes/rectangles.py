"""Probability that correlated normal numbers fall into a box, for many boxes at once.

One side after the other is integrated by Gauss–Legendre nodes on its own probability, the last one
in closed form. Boxes of more sides than a few are estimated by the means of a lattice, as Genz did
(1992). Large numbers are never subtracted, so that small probabilities keep their digits.
"""

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri

from synth_dl.recipes.distributions.base import Array, Tails, log_normal_mass

EXACT_SIDES = 5
_NODES = {2: (64,), 3: (40, 40), 4: (20, 20, 20), 5: (11, 11, 11, 11)}
_AT_ONCE = 1 << 20
_POINTS = 509  # of the lattice
_FAR = 38.0  # noise beyond it has no probability that a number can hold


def log_box(low: Array, high: Array, covariance: Array) -> Array:
    """[N] log-probability that normal numbers of mean 0 lie between `low` and `high`.

    Args:
        low: [N, K], may be infinite.
        high: [N, K].
        covariance: [K, K], positive definite; of more sides than EXACT_SIDES it is an estimate.
    """
    scale = np.sqrt(np.diag(covariance))
    low, high = low / scale, high / scale
    # Narrow sides first: what depends on them hardly changes within.
    order = np.argsort(np.median(np.minimum(high, 9) - np.maximum(low, -9), axis=0))
    correlation = (covariance / np.outer(scale, scale))[np.ix_(order, order)]
    low, high = low[:, order], high[:, order]
    sides = low.shape[1]
    if sides > EXACT_SIDES:
        return _estimated(low, high, correlation)
    nodes = _NODES.get(sides, ())
    rows = max(1, _AT_ONCE // max(1, int(np.prod(nodes))))
    parts = [_log_box(low[k : k + rows], high[k : k + rows], correlation, nodes)
             for k in range(0, len(low), rows)]  # fmt: skip
    return np.concatenate(parts) if parts else np.zeros(0)


def _log_box(low: Array, high: Array, covariance: Array, nodes: tuple[int, ...]) -> Array:
    scale = np.sqrt(covariance[0, 0])
    first = low[:, 0] / scale, high[:, 0] / scale
    own = log_normal_mass(*first)
    if low.shape[1] == 1:
        return own
    at, weights = np.polynomial.legendre.leggauss(nodes[0])
    at, weights = (at + 1) / 2, weights / 2
    start, end = Tails.of_noise(first[0]), Tails.of_noise(first[1])
    inside = np.maximum(np.where(start.low < 0.5, end.low - start.low, start.high - end.high), 0)
    drawn = Tails(start.low[:, None] + inside[:, None] * at,
                  end.high[:, None] + inside[:, None] * (1 - at)).noise  # fmt: skip
    drawn = np.clip(drawn, first[0][:, None], first[1][:, None])
    slope = covariance[1:, 0] / scale
    shift = drawn[:, :, None] * slope
    rest = covariance[1:, 1:] - np.outer(slope, slope)
    inner = _log_box(
        (low[:, None, 1:] - shift).reshape(-1, low.shape[1] - 1),
        (high[:, None, 1:] - shift).reshape(-1, low.shape[1] - 1), rest, nodes[1:],
    ).reshape(drawn.shape)  # fmt: skip
    with np.errstate(invalid="ignore"):
        return own + logsumexp(inner + np.log(weights), axis=1)


def _estimated(low: Array, high: Array, correlation: Array) -> Array:
    """[N] each side given points within those before, at the same places for all rows."""
    factor = np.linalg.cholesky(correlation)
    # A lattice of square roots of primes (Richtmyer), folded so that it is even at both ends.
    roots = np.sqrt(_primes(low.shape[1]))
    lattice = np.abs(2 * np.mod(np.arange(1, _POINTS + 1)[:, None] * roots, 1) - 1)
    rows = max(1, _AT_ONCE // (8 * _POINTS))
    parts = [_at_points(low[k : k + rows], high[k : k + rows], factor, lattice)
             for k in range(0, len(low), rows)]  # fmt: skip
    return np.concatenate(parts) if parts else np.zeros(0)


def _at_points(low: Array, high: Array, factor: Array, lattice: Array) -> Array:
    total = np.zeros((len(low), len(lattice)))
    drawn: list[Array] = []
    for side, at in enumerate(lattice.T):
        shift = sum((factor[side, k] * each for k, each in enumerate(drawn)), np.zeros(()))
        first, last = (np.clip((end[:, side, None] - shift) / factor[side, side], -_FAR, _FAR)
                       for end in (low, high))  # fmt: skip
        # All in the lower tail, where no digits are lost.
        flip = first + last > 0
        first, last = np.where(flip, -last, first), np.where(flip, -first, last)
        before, until = ndtr(first), ndtr(last)
        with np.errstate(divide="ignore"):
            total += np.log(until - before)
        noise = np.clip(ndtri(before + (until - before) * np.where(flip, 1 - at, at)), first, last)
        drawn.append(np.where(flip, -noise, noise))
    return logsumexp(total, axis=1) - np.log(len(lattice))


def _primes(count: int) -> Array:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return np.array(found, float)
