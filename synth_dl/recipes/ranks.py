"""Rank correlations of two columns, and the correlation of their normal noise that gives them.

Of continuous columns, Spearman's is 6/π · asin(r/2) and Kendall's 2/π · asin(r), where r is that of
the noise. Where a column has points, such as a category, a count or a spike, r is solved for, so
that what was asked for holds: Spearman's with middle ranks for ties, and Kendall's tau-b.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from synth_dl.recipes.distributions.base import FURTHEST, Array, Distribution

MEASURES = ("spearman", "kendall", "normal")
_BINS = 128
_TERMS = 256  # of a series in powers of the correlation
_LIMIT = 0.9999


class Margin:
    """A column cut into cells of its noise: its points, and even parts of what lies between them.

    Attributes:
        edges: [C + 1] of the cells.
        points: [C] whether all of a cell is one value.
        shares: [C] probabilities of the cells.
        series: [C, _TERMS] by cell, so that the probability of two cells is the product of their
            shares and the sum of the products of these, times powers of the correlation.
    """

    def __init__(self, distribution: Distribution) -> None:
        values = np.unique(distribution.quantile(ndtri(np.linspace(0, 1, _BINS + 1)[1:-1])))
        if distribution.discrete:
            points = distribution.points(4 * _BINS)
            values = values if points is None else points
        low, high = distribution.below(values).noise, distribution.at_most(values).noise
        edges = np.concatenate([[-FURTHEST, FURTHEST], low, high])
        self.edges = np.unique(edges.clip(-FURTHEST, FURTHEST))
        middle = (self.edges[:-1] + self.edges[1:]) / 2
        spot = np.clip(np.searchsorted(low, middle, side="right") - 1, 0, len(low) - 1)
        inside = (low[spot] <= middle) & (middle <= high[spot])
        below = ndtr(self.edges)
        self.shares = np.diff(below) / (below[-1] - below[0])
        # Values that hardly ever come twice are as good as continuous.
        self.points = inside & (self.shares > 1e-4)
        terms = np.empty((_TERMS, len(self.edges)))  # Hermite polynomials, of norm one
        terms[0], terms[1] = 1.0, self.edges
        for n in range(2, _TERMS):
            terms[n] = (self.edges * terms[n - 1] - np.sqrt(n - 1) * terms[n - 2]) / np.sqrt(n)
        weighted = terms * np.exp(-(self.edges**2) / 2) / np.sqrt(2 * np.pi)
        self.series = np.diff(weighted / np.sqrt(np.arange(1, _TERMS + 1))[:, None]).T

    @property
    def ranks(self) -> Array:
        """[C] the middle rank of each cell, around zero."""
        return np.cumsum(self.shares) - self.shares / 2 - 0.5

    @property
    def spread(self) -> float:
        """Variance of the ranks."""
        within = (self.shares[~self.points] ** 3).sum() / 12
        return float(self.shares @ self.ranks**2 + within)


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
    powers = correlation ** np.arange(1, _TERMS + 1)
    if measure == "spearman":
        common = (one.ranks @ one.series * powers) @ (other.ranks @ other.series)
        return float(common / np.sqrt(one.spread * other.spread))
    joint = np.outer(one.shares, other.shares) + (one.series * powers) @ other.series.T
    below = np.pad(joint.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    # Pairs of rows that agree, less those that disagree.
    agree = (joint * below[:-1, :-1]).sum()
    disagree = (joint * (below[-1, :-1] - below[1:, :-1])).sum()
    ties = [1 - (margin.shares[margin.points] ** 2).sum() for margin in (one, other)]
    return float(2 * (agree - disagree) / np.sqrt(ties[0] * ties[1]))
