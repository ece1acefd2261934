"""An audit of a private mechanism in one run: whether it tells more of rows than it promises.

Many canaries, each put among the rows with probability 1/2, are guessed to be in or out by what was
released. Under (epsilon, delta)-DP no guesser is right too often, so that the guesses give a lower
bound of epsilon (Steinke, Nasr and Jagielski 2023, arXiv:2305.08846). A bound above the promise
proves a mistake; one below proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from synth_dl.privacy.marginals import Marginal

_HALVINGS, _LARGEST = 40, 64.0


@dataclass(frozen=True)
class Audit:
    """What the guesses came to.

    Attributes:
        canaries: how many there were, in or out.
        guesses: of how many it was guessed.
        right: how many guesses were right.
        epsilon: the mechanism's is not below it, with the confidence that was asked for.
    """

    canaries: int
    guesses: int
    right: int
    epsilon: float


def audited(
    scores: NDArray[np.floating],
    included: NDArray[np.bool_],
    guesses: int,
    delta: float,
    confidence: float = 0.95,
) -> Audit:
    """The canaries of the highest scores are guessed to be in, those of the lowest to be out.

    Args:
        scores: [M] of each canary, by the release alone; higher where it seems to be in.
        included: [M] whether it was, by a fair coin each.
        guesses: an even number, M at most; of the others nothing is said.
        delta: of the promise.
        confidence: that the bound holds.
    """
    order, half = np.argsort(-scores, kind="stable"), guesses // 2
    right = int(included[order[:half]].sum() + (~included[order[len(order) - half :]]).sum())
    bound = epsilon_bound(len(scores), 2 * half, right, delta, confidence)
    return Audit(len(scores), 2 * half, right, bound)


def epsilon_bound(
    canaries: int, guesses: int, right: int, delta: float, confidence: float = 0.95
) -> float:
    """The largest epsilon that so many right guesses rule out at a confidence; 0 if none."""
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        refuted = _chance(canaries, guesses, right, middle, delta) < 1 - confidence
        low, high = (middle, high) if refuted else (low, middle)
    return low


def canary_scores(
    canaries: NDArray[np.integer], others: Sequence[Marginal], released: Sequence[Marginal]
) -> NDArray[np.float64]:
    """[M] how much more is in the cells of each canary than the other rows put there, in units of
    the noise: the best that a guesser does who knows all other rows.

    Args:
        canaries: [M, V] codes.
        others: exact counts of the rows without any canary.
        released: noisy counts of the same columns, of all rows.
    """
    scores = np.zeros(len(canaries))
    for exact, noisy in zip(others, released, strict=True):
        known = (canaries[:, list(noisy.columns)] >= 0).all(1)
        cells = tuple(canaries[known, column] for column in noisy.columns)
        scores[known] += (noisy.counts - exact.counts)[cells] / noisy.sigma**2
    return scores


def shared_scores(
    canaries: NDArray[np.integer], others: Sequence[Marginal], released: Sequence[Marginal],
    most: int = 1,
) -> NDArray[np.float64]:  # fmt: skip
    """[M] as `canary_scores`, where canaries share cells: the rest of a cell is divided among those
    that are in it by all the other cells that they are in (the best linear guess of who is in).

    Args:
        canaries, others, released: as of `canary_scores`.
        most: rows of each canary that is in.
    """
    # A coin has a variance of 1/4; noise adds what each cell is worth.
    worth, rest = 4 * np.eye(len(canaries)), np.zeros(len(canaries))
    for exact, noisy in zip(others, released, strict=True):
        own = canaries[:, list(noisy.columns)]
        known = np.flatnonzero((own >= 0).all(1))
        cells = np.asarray(np.ravel_multi_index(tuple(own[known].T), noisy.counts.shape))
        scale = most / noisy.sigma**2
        expected = most / 2 * np.bincount(cells, minlength=noisy.counts.size)
        left = (noisy.counts - exact.counts).ravel() - expected
        rest[known] += scale * left[cells]
        worth[np.ix_(known, known)] += scale * most * (cells[:, None] == cells)
    return np.linalg.solve(worth, rest).astype(np.float64)


def _chance(canaries: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """The largest probability of so many right guesses under (epsilon, delta)-DP, or more
    (theorem 5.2 of the paper)."""
    accuracy = 1 / (1 + exp(-epsilon))
    reached = float(binom.sf(right - 1, guesses, accuracy))
    # P(right - i <= Binomial < right), for each i.
    near = np.cumsum(binom.pmf(np.arange(right - 1, -1, -1), guesses, accuracy))
    failing = float((near / np.arange(1, right + 1)).max(initial=0.0))
    return min(1.0, reached + 2 * canaries * delta * failing)
