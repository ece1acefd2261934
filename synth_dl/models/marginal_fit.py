"""A mixture of products fitted to counts of few columns at a time, exact or with noise.

A mixture of products has C components, and within a component all columns are independent. So
every marginal is a sum of outer products of its tables: of two columns Q_iᵀ diag(w) Q_j, of three
(Q_i ⊙ Q_j)ᵀ diag(w) Q_k, and a step of the fit costs one small matrix product for each count table
(`mbi.MixtureOfProductsEstimator` does the same; the ancestor is GEM, arXiv:2106.07153).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.privacy.marginals import Marginal, rows_of

RATE = 0.05  # of Adam at the first step; it falls to 0 by half a cosine
DECAYS = 0.9, 0.999  # of its means of the slopes and of their squares
SPREAD = 0.3  # standard deviation of the components' first log-shares
ROUNDING = 1.0  # beside the noise, so that exact counts weigh something finite
LEAST_SHARE = 1e-9  # so that logarithms are finite
MOST_COLUMNS = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Products:
    """A mixture of products over columns of codes.

    Attributes:
        weights: [C] share of each component.
        tables: for each column, [C, size] the shares of its codes in each component.
    """

    weights: Floats
    tables: tuple[Floats, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many codes each column has."""
        return tuple(table.shape[1] for table in self.tables)

    def marginal(self, columns: Sequence[int]) -> Floats:
        """[K_i, K_j, ...] the probability of each combination of codes of some columns."""
        if not columns:
            return np.array(self.weights.sum())
        *before, last = [self.tables[column] for column in columns]
        joint = self.weights[:, None]
        for table in before:
            joint = (joint[:, :, None] * table[:, None]).reshape(len(joint), -1)
        return (joint.T @ last).reshape([self.tables[column].shape[1] for column in columns])


def fit_mixture(
    marginals: Sequence[Marginal],
    sizes: Sequence[int],
    components: int,
    steps: int,
    generator: torch.Generator,
    start: Products | None = None,
) -> Products:
    """The mixture whose marginals are nearest to measured ones, each weighed by its noise.

    It minimises Σ ((n·p - count) / σ)² over all cells by Adam, with σ² the variance of the noise
    and of rounding. The weights of the components stay as they start: equal. Nothing but the
    marginals is looked at.

    Args:
        marginals: of one, two or three columns each; counts may be below zero.
        sizes: codes of each column.
        components: C; more of them can be nearer to many marginals, and to their noise.
        steps: of Adam.
        generator: draws the first components; asked for nothing where there is a start.
        start: a mixture of as many components to go on from; None for a new one.

    Raises:
        ValueError: for marginals that are not of these columns, or a start of another form.
    """
    _check(marginals, sizes, components, start)
    rows = rows_of(marginals, ROUNDING)
    first = start or _first(marginals, sizes, components, generator)
    weights = torch.from_numpy(first.weights).float()[:, None]
    logits = torch.from_numpy(np.concatenate(first.tables, 1).clip(LEAST_SHARE)).log().float()
    wanted = _grouped(marginals, sizes, rows)
    mean, square = torch.zeros_like(logits), torch.zeros_like(logits)
    for step in range(steps):
        shares = _softmax(logits, sizes)
        slope = torch.zeros_like(shares)
        for each in wanted:
            each.add_slope(slope, shares, weights)
        parts = zip(shares.split(list(sizes), 1), slope.split(list(sizes), 1), strict=True)
        slope = torch.cat([q * (g - (q * g).sum(1, keepdim=True)) for q, g in parts], 1)
        mean.lerp_(slope, 1 - DECAYS[0])
        square.lerp_(slope.square_(), 1 - DECAYS[1])
        rate = RATE * (1 + math.cos(math.pi * step / steps)) / 2
        size = (square / (1 - DECAYS[1] ** (step + 1))).sqrt_().add_(1e-8)
        logits.addcdiv_(mean, size, value=-rate / (1 - DECAYS[0] ** (step + 1)))
    tables = _softmax(logits.double(), sizes).split(list(sizes), 1)
    return Products(first.weights, tuple(table.numpy() for table in tables))


@dataclass(frozen=True)
class _Wanted:
    """The measured shares of some columns together with each of several others.

    Attributes:
        before: where the codes of one or two columns lie among all codes; none for shares alone.
        last: [M] which of all codes the others have, one column after another.
        shares: [K, M] for each combination of codes before, in their order.
        precision: [M] squared number of units of noise that a share of 1 is.
    """

    before: tuple[slice, ...]
    last: Tensor
    shares: Tensor
    precision: Tensor

    def add_slope(self, slope: Tensor, tables: Tensor, weights: Tensor) -> None:
        """Add half the gradient of the squared errors to `slope` [C, L], by `tables` [C, L]."""
        parts = [tables[:, place] for place in self.before]
        joint = weights
        for part in parts:
            joint = (joint[:, :, None] * part[:, None]).flatten(1)
        others = tables[:, self.last]
        errors = (joint.T @ others - self.shares) * self.precision
        slope.index_add_(1, self.last, joint @ errors)
        back = weights * (others @ errors.T)
        if len(parts) == 1:
            slope[:, self.before[0]] += back
        elif len(parts) == 2:
            one, other = parts
            back = back.view(len(back), one.shape[1], other.shape[1])
            slope[:, self.before[0]] += (back @ other[:, :, None])[:, :, 0]
            slope[:, self.before[1]] += (one[:, None] @ back)[:, 0]


def _grouped(marginals: Sequence[Marginal], sizes: Sequence[int], rows: float) -> list[_Wanted]:
    """Those with the same columns but for the last one together: one product does for all."""
    first = np.concatenate([[0], np.cumsum(sizes)])
    groups: dict[tuple[int, ...], list[Marginal]] = {}
    for each in marginals:
        groups.setdefault(each.columns[:-1], []).append(each)
    found = []
    for before, members in groups.items():
        last = [np.arange(first[c], first[c + 1]) for c in (each.columns[-1] for each in members)]
        shares = [each.counts.reshape(-1, each.counts.shape[-1]) / rows for each in members]
        scales = [rows / math.hypot(each.sigma, ROUNDING) for each in members]
        precision = np.concatenate(
            [np.full(len(place), scale**2) for place, scale in zip(last, scales, strict=True)]
        )
        found.append(
            _Wanted(
                tuple(slice(first[column], first[column + 1]) for column in before),
                torch.from_numpy(np.concatenate(last)),
                torch.from_numpy(np.concatenate(shares, 1)).float(),
                torch.from_numpy(precision).float(),
            )
        )
    return found


def _softmax(logits: Tensor, sizes: Sequence[int]) -> Tensor:
    """[C, L] the shares of each column's codes."""
    return torch.cat([each.softmax(1) for each in logits.split(list(sizes), 1)], 1)


def _first(
    marginals: Sequence[Marginal],
    sizes: Sequence[int],
    components: int,
    generator: torch.Generator,
) -> Products:
    """Components of equal weight near what the marginals say of each column alone."""
    tables = []
    for column, size in enumerate(sizes):
        shares = _alone(marginals, column, size)
        noise = SPREAD * torch.randn(components, size, generator=generator, dtype=torch.float64)
        logits = torch.from_numpy(np.log(shares)) + noise
        tables.append(logits.softmax(1).numpy())
    return Products(np.full(components, 1 / components), tuple(tables))


def _alone(marginals: Sequence[Marginal], column: int, size: int) -> Floats:
    """[size] shares of one column, by all that was measured of it; even ones where nothing was."""
    total, weight = np.zeros(size), 0.0
    for each in (each for each in marginals if column in each.columns):
        axis = each.columns.index(column)
        others = tuple(other for other in range(each.counts.ndim) if other != axis)
        precision = 1 / _variance(each, each.counts.size // size)
        total, weight = total + precision * each.counts.sum(others), weight + precision
    if not weight:
        return np.full(size, 1 / size)
    counts = (total / weight).clip(max(0.5, 0.1 * weight**-0.5))
    return counts / counts.sum()


def _variance(marginal: Marginal, cells: int) -> float:
    """Of the noise on a sum of that many cells."""
    return cells * (marginal.sigma**2 + ROUNDING**2)


def _check(
    marginals: Sequence[Marginal], sizes: Sequence[int], components: int, start: Products | None
) -> None:
    if not marginals:
        raise ValueError("there are no marginals to fit a mixture to; measure some")
    if components < 1:
        raise ValueError(f"a mixture of {components} components; take 1 or more")
    if start is not None and (start.sizes != tuple(sizes) or len(start.weights) != components):
        raise ValueError("the mixture to start from has other columns or components")
    for each in marginals:
        if not 1 <= len(each.columns) <= MOST_COLUMNS or len({*each.columns}) < len(each.columns):
            raise ValueError(f"a marginal of the columns {each.columns}; take one, two or three")
        if not all(0 <= column < len(sizes) for column in each.columns):
            raise ValueError(f"a marginal of the columns {each.columns}; there are {len(sizes)}")
        if each.counts.shape != tuple(sizes[column] for column in each.columns):
            raise ValueError(f"the counts of the columns {each.columns} are of another shape")
        if not np.isfinite(each.counts).all() or not 0 <= each.sigma < math.inf:
            raise ValueError(f"the counts of the columns {each.columns} are no numbers")
