"""Rank correlations of two columns, and the correlation of their normal noise that gives them.

Of continuous columns, Spearman's is 6/π · asin(r/2) and Kendall's 2/π · asin(r), where r is that of
the noise. Where a column has points, such as a category, a count or a spike, r is solved for, so
that what was asked for holds: Spearman's with middle ranks for ties, and Kendall's tau-b.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, owens_t

from synth_dl.recipes.distributions.base import FURTHEST, Array, Distribution

MEASURES = ("spearman", "kendall", "normal")
_BINS = 128
_LIMIT = 0.9999


@dataclass(frozen=True)
class Margin:
    """A column cut into cells of its noise.

    Attributes:
        edges: [C + 1] of the cells.
        points: [C] whether all of a cell is one value.
    """

    edges: Array
    points: Array

    @classmethod
    def of(cls, distribution: Distribution) -> "Margin":
        """The points of a distribution, and what lies between them in even parts."""
        noise = np.linspace(0, 1, _BINS + 1)[1:-1]
        values = np.unique(distribution.quantile(ndtri(noise)))
        if distribution.discrete:
            points = distribution.points()
            values = points if len(points) <= 4 * _BINS else values
        low, high = distribution.below(values).noise, distribution.at_most(values).noise
        edges = np.unique(np.concatenate([[-FURTHEST], low, high, [FURTHEST]])
                          .clip(-FURTHEST, FURTHEST))  # fmt: skip
        middle = (edges[:-1] + edges[1:]) / 2
        spot = np.clip(np.searchsorted(low, middle, side="right") - 1, 0, len(low) - 1)
        points = (low[spot] <= middle) & (middle <= high[spot]) & (high[spot] - low[spot] > 1e-9)
        return cls(edges, points)

    @property
    def shares(self) -> Array:
        """[C] probabilities of the cells."""
        return np.diff(ndtr(self.edges)) / (ndtr(self.edges[-1]) - ndtr(self.edges[0]))


def latent(measure: str, wanted: float, one: Margin, other: Margin) -> float:
    """The correlation of the noise that gives a wanted rank correlation.

    Raises:
        ValueError: where none does, with what can be had.
    """
    if measure == "normal" or wanted == 0:
        return wanted
    if not (one.points.any() or other.points.any()):
        return of_continuous(measure, wanted)
    limits = [measured(measure, r, one, other) for r in (-_LIMIT, _LIMIT)]
    if not limits[0] <= wanted <= limits[1]:
        raise ValueError(f"with the values that they have, it can be from {limits[0]:.3f} to "
                         f"{limits[1]:.3f} only")  # fmt: skip
    return float(brentq(lambda r: measured(measure, r, one, other) - wanted, -_LIMIT, _LIMIT,
                        xtol=1e-6))  # type: ignore[arg-type] # fmt: skip


def of_continuous(measure: str, wanted: float) -> float:
    """The correlation of the noise of two continuous columns."""
    if measure == "spearman":
        return 2 * np.sin(np.pi / 6 * wanted)
    return np.sin(np.pi / 2 * wanted) if measure == "kendall" else wanted


def to_continuous(measure: str, correlation: Array) -> Array:
    """The rank correlation of two continuous columns, from that of their noise."""
    if measure == "spearman":
        return 6 / np.pi * np.arcsin(correlation / 2)
    return 2 / np.pi * np.arcsin(correlation) if measure == "kendall" else correlation


def measured(measure: str, correlation: float, one: Margin, other: Margin) -> float:
    """The rank correlation of two columns whose noise has a correlation."""
    corners = bivariate(one.edges[:, None], other.edges, correlation)
    joint = np.maximum(np.diff(np.diff(corners, axis=0), axis=1), 0)
    joint /= joint.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    if measure == "spearman":
        ranks = [np.cumsum(shares) - shares / 2 - 0.5 for shares in (rows, columns)]
        spread = [shares @ rank**2 + (shares[~margin.points] ** 3).sum() / 12
                  for shares, rank, margin in zip((rows, columns), ranks, (one, other), strict=True)
                  ]  # fmt: skip
        return float(ranks[0] @ joint @ ranks[1] / np.sqrt(spread[0] * spread[1]))
    # Pairs of rows that agree, less those that disagree.
    before = np.cumsum(np.cumsum(joint, axis=0), axis=1)
    lower = np.pad(before, ((1, 0), (1, 0)))[:-1, :-1]
    left = np.cumsum(columns) - columns
    upper_left = left[None, :] - np.cumsum(np.pad(joint, ((0, 0), (1, 0)))[:, :-1], axis=1).cumsum(
        axis=0
    )
    agree, disagree = 2 * (joint * lower).sum(), 2 * (joint * upper_left).sum()
    ties = [1 - (shares[margin.points] ** 2).sum()
            for shares, margin in ((rows, one), (columns, other))]  # fmt: skip
    return float((agree - disagree) / np.sqrt(ties[0] * ties[1]))


def bivariate(first: Array, second: Array, correlation: float) -> Array:
    """Probability that two correlated normal numbers are at most these, by Owen's T."""
    h, k = np.broadcast_arrays(first, second)
    h, k = (np.where(np.abs(each) < 1e-12, 1e-12, each) for each in (h, k))
    width = np.sqrt(1 - correlation**2)
    total = (ndtr(h) + ndtr(k)) / 2
    total -= owens_t(h, (k / h - correlation) / width) + owens_t(k, (h / k - correlation) / width)
    return total - np.where(h * k < 0, 0.5, 0.0)
