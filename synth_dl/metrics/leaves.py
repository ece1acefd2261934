"""Where a figure of rows is low or high: the leaves of a shallow regression tree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_LEAVES, DEPTH = 24, 4


@dataclass(frozen=True)
class Leaves:
    """The leaves of a tree (CART, Breiman et al. 1984) that predicts a figure of rows.

    Attributes:
        leaf: [N] of each row, from 0 on.
        asked: for each leaf the features that are asked on the way to it, the first one first.
    """

    leaf: NDArray[np.int64]
    asked: tuple[tuple[int, ...], ...]


def leaves_of(features: NDArray[np.float64], figure: NDArray[np.float64], fewest: int) -> Leaves:
    """The leaves of rows.

    Args:
        features: [N, F] numbers, in whose order they are cut.
        figure: [N] of each row.
        fewest: rows that a leaf has at least.
    """
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(
        max_leaf_nodes=MOST_LEAVES, min_samples_leaf=fewest, max_depth=DEPTH, random_state=0
    )
    low, high = np.quantile(figure, [0.01, 0.99])  # single rows must not decide where it is cut
    nodes, leaf = np.unique(
        tree.fit(features, np.clip(figure, low, high)).apply(features), return_inverse=True
    )
    parent: dict[int, int] = {}
    for children in (tree.tree_.children_left, tree.tree_.children_right):
        parent |= {int(child): node for node, child in enumerate(children) if child >= 0}
    asked = []
    for node in map(int, nodes):
        way = []
        while node in parent:
            node = parent[node]
            way.append(int(tree.tree_.feature[node]))
        asked.append(tuple(dict.fromkeys(reversed(way))))
    return Leaves(leaf, tuple(asked))
