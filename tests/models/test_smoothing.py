"""The closed form of smoothing against an average over all prunings, one by one."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.special import gammaln

from synth_dl.models.smoothing import Forest

# Node 0 is split in 1 and 2, node 1 in 3 and 4, node 4 in 5 and 6.
BELOW = np.array([[1, 2], [3, 4], [-1, -1], [-1, -1], [5, 6], [-1, -1], [-1, -1]])
STRENGTH, DEPTH = 2.0, 0.3


def forest() -> Forest:
    counts = np.zeros((7, 3))
    counts[[2, 3, 5, 6]] = [[4, 1, 0], [0, 3, 2], [0, 1, 5], [6, 0, 1]]
    for node in (4, 1, 0):
        counts[node] = counts[BELOW[node]].sum(0)
    base = np.repeat((counts[:1] + 1 / 3) / (counts[0].sum() + 1), 7, 0)
    return Forest(np.array([0]), BELOW, counts, base)


def prunings(node: int = 0) -> Iterator[tuple[list[int], float]]:
    """The leaves of each pruning below a node, and its prior probability."""
    if BELOW[node, 0] < 0:
        yield [node], 1.0
        return
    yield [node], 1 - DEPTH
    for left, prior in prunings(BELOW[node, 0]):
        for right, other in prunings(BELOW[node, 1]):
            yield left + right, DEPTH * prior * other


def path(node: int) -> list[int]:
    found = [node]
    while found[-1]:
        found.append(int(np.argwhere(found[-1] == BELOW)[0, 0]))
    return found


def test_distributions_are_the_average_over_all_prunings() -> None:
    trees = forest()
    prior = STRENGTH * trees.base
    rows = trees.counts.sum(1)
    evidence = (gammaln(trees.counts + prior) - gammaln(prior)).sum(1)
    evidence += gammaln(STRENGTH) - gammaln(rows + STRENGTH)
    assert trees.evidence(STRENGTH) == pytest.approx(evidence)
    found, further = trees.smoothed(STRENGTH, DEPTH)
    assert further.tolist() == [True, True, False, False, True, False, False]
    own = (trees.counts + prior) / (rows[:, None] + STRENGTH)
    every = list(prunings())
    assert sum(weight for _, weight in every) == pytest.approx(1)
    for leaf in (2, 3, 5, 6):
        total, average = 0.0, np.zeros(3)
        for leaves, weight in every:
            weight *= np.exp(evidence[leaves].sum())
            (end,) = set(path(leaf)) & set(leaves)
            total += weight
            average += weight * own[end]
        assert found[leaf] == pytest.approx(average / total)


def test_strength_and_depth_are_those_with_the_least_nats_on_other_rows() -> None:
    trees = forest()
    leaves, codes = np.array([2, 2, 3, 5, 5, 6, 6]), np.array([0, 0, 1, 2, 2, 0, 0])
    strength, depth, nats = trees.choose(leaves, codes)
    shares, _ = trees.smoothed(strength, depth)
    assert nats == pytest.approx(-np.log(shares[leaves, codes]).sum())
    assert nats < -np.log(trees.base[0, codes]).sum()  # without any split


def test_noise_is_pruned_away_and_a_sure_split_is_kept() -> None:
    below = np.array([[1, 2], [-1, -1], [-1, -1]])
    for halves, kept in (([[40, 10], [41, 9]], False), ([[49, 1], [2, 48]], True)):
        counts = np.array([np.sum(halves, 0), *halves], float)
        base = np.repeat(counts[:1] / counts[0].sum(), 3, 0)
        _, further = Forest(np.array([0]), below, counts, base).smoothed(10.0, 1e-3)
        assert bool(further[0]) is kept
