"""How much variables tell of each other, and the tree that joins those that tell most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.spec import Spec

MOST_LEVELS = 16_384  # of all variables together, whose pairs are counted: a table of 1 GiB
DENSE_LEVELS = 8  # up to so many codes a variable, dense products count pairs faster


@dataclass(frozen=True)
class PairCounts:
    """How often codes occur together.

    Attributes:
        counts: [L, L] for each two of all codes, those of a variable together.
        first: [V + 1] where the codes of each variable begin.
    """

    counts: NDArray[np.float32]
    first: NDArray[np.int64]

    def of(self, one: int, other: int) -> NDArray[np.float64]:
        """[levels of one, levels of the other]."""
        rows, columns = (slice(self.first[v], self.first[v + 1]) for v in (one, other))
        return self.counts[rows, columns].astype(np.float64)


def free_variables(spec: Spec) -> list[int]:
    """The variables that refine no other one."""
    own = spec.variables
    return [v for v in range(len(spec)) if v >= len(own) or own[v].parent is None]


def pair_counts_of(spec: Spec, codes: Tensor, family: str) -> PairCounts:
    """Those of the free variables in [N, V] codes.

    Raises:
        ConfigError: for so many values that their pairs do not fit into memory.
    """
    free = free_variables(spec)
    levels = [spec.levels[each] for each in free]
    if sum(levels) > MOST_LEVELS:
        raise ConfigError(
            f"model={family} counts all pairs of values, and there are {sum(levels):,} values, "
            f"more than {MOST_LEVELS:,}; take model=autoregressive"
        )
    return pair_counts(codes[:, free], levels)


def pair_counts(codes: Tensor, levels: Sequence[int]) -> PairCounts:
    """Of [N, V] codes, unknown ones (-1) left out."""
    first = np.concatenate([[0], np.cumsum(levels)]).astype(np.int64)
    held = codes.numpy()
    known = held >= 0
    places = (held + first[:-1])[known]
    ends = np.concatenate([[0], known.sum(1).cumsum()])
    ones = np.ones(len(places), np.float32)
    onehot = csr_array((ones, places, ends), shape=(len(held), int(first[-1])))
    if first[-1] <= DENSE_LEVELS * len(levels):
        total = torch.zeros(int(first[-1]), int(first[-1]))
        for start in range(0, len(held), 8192):
            part = torch.from_numpy(onehot[start : start + 8192].toarray())
            total += part.T @ part
        return PairCounts(total.numpy(), first)
    return PairCounts((onehot.T @ onehot).toarray(), first)


def mutual_information(counts: NDArray[np.float64]) -> float:
    """Nats a record that two variables tell of each other on new records.

    The records that it is measured on show more than others will: by half of the free parameters a
    record, and as much is lost by estimating them (Akaike 1974).
    """
    total = counts.sum()
    if not total:
        return 0.0
    rows, columns = counts.sum(1), counts.sum(0)
    entropies = (_entropy(each / total) for each in (rows, columns, counts.ravel()))
    row, column, joint = entropies
    parameters = max(0, (rows > 0).sum() - 1) * max(0, (columns > 0).sum() - 1)
    used = min(parameters, int((counts > 0).sum()))  # cells that never occur cost little
    return row + column - joint - used / total


def spanning_forest(counts: PairCounts) -> dict[int, int]:
    """The parent of each variable that has one, in the tree with the largest mutual information.

    Variables that tell nothing of each other are not joined.
    """
    size = len(counts.first) - 1
    weights = np.zeros((size, size))
    for one in range(size):
        for other in range(one):
            weights[one, other] = max(0.0, mutual_information(counts.of(one, other)))
    tree = minimum_spanning_tree(-weights).tocoo()
    joined: list[list[int]] = [[] for _ in range(size)]
    for one, other in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
        joined[one].append(other)
        joined[other].append(one)
    parents: dict[int, int] = {}
    seen: set[int] = set()
    for root in range(size):
        reached = [] if root in seen else [root]
        seen.add(root)
        for index in reached:  # it grows meanwhile
            for other in sorted(joined[index]):
                if other not in seen:
                    seen.add(other)
                    parents[other] = index
                    reached.append(other)
    return parents


def _entropy(shares: NDArray[np.float64]) -> float:
    held = shares[shares > 0]
    return float(-(held * np.log(held)).sum()) if len(held) else math.nan
