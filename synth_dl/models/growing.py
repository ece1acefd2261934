"""How the tree of one variable is grown from the rows: its splits by scikit-learn, then its leaves.

Codes of an ordered variable are asked as they are. Those of a nominal one are put in the order of
the first principal component of P(target | code), by which one threshold finds nearly the best of
all subsets (Coppersmith, Hong and Hosking 1999).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from synth_dl.models.conditional_tree import ConditionalTree
from synth_dl.models.smoothing import Forest
from synth_dl.models.tasks import Task, refinement, tasks
from synth_dl.spec import Spec, Variable

MOST_CELLS = 1 << 23  # of the counts at all leaves of a tree; with more rows the leaves are larger

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class _Splits:
    """Trees as scikit-learn grew them, their nodes one after another.

    Attributes:
        roots: [R], below: [N, 2] nodes or -1.
        feature: [N] place among the predictors; -2 for a leaf.
        threshold: [N], unknown: [N] as in `ConditionalTree`.
        leaves, watched: the leaf of each training and validation row of all trees.
    """

    roots: Whole
    below: Whole
    feature: Whole
    threshold: Whole
    unknown: Whole
    leaves: Whole
    watched: Whole


def grow(
    spec: Spec,
    training: Whole,
    validation: Whole,
    variable: int,
    predictors: Sequence[int],
    min_count: int,
) -> ConditionalTree:
    """The tree of a variable.

    Args:
        spec: what one record is.
        training: [N, V] codes to learn from.
        validation: [M, V] codes by which the kind of splits and the smoothing are chosen.
        variable: what is predicted.
        predictors: variables that may be asked for.
        min_count: training rows that a leaf rests on at least.
    """
    target = spec.variables[variable]
    training, validation = (codes[codes[:, variable] >= 0] for codes in (training, validation))
    own, watched = training[:, variable], validation[:, variable]
    parent = target.parent if target.parent in predictors else None
    asked = [each for each in predictors if each != parent]
    orders = [_positions(spec.variables[each], training[:, each], own, target) for each in asked]
    features, shown = (_features(codes, asked, orders) for codes in (training, validation))
    if parent is None:
        ways = tasks(target, own, watched)
    else:
        ways = refinement(target, own, watched, training[:, parent], validation[:, parent])
    found = []
    for place, task in enumerate(ways):
        smallest = max(min_count, len(own) * task.levels // MOST_CELLS)
        splits = _split(task, features, shown, smallest)
        forest = _forest(task, splits)
        codes = np.concatenate([part.watched for part in task.parts])
        strength, depth, nats = forest.choose(splits.watched, codes)
        found.append((nats, place, task, splits, forest.smoothed(strength, depth)))
    _, _, task, splits, (shares, further) = min(found, key=lambda each: each[:2])
    return _packed(task, splits, shares, further, asked, orders)


def _split(
    task: Task, features: NDArray[np.float32], shown: NDArray[np.float32], smallest: int
) -> _Splits:
    """Trees whose leaves hold at least `smallest` rows, one after another."""
    first, grown = 0, []
    for part in task.parts:
        own, others = features[part.rows], shown[part.shown]
        below, *nodes, tree = _grown(own, part.codes, smallest, task.regression)
        leaves, watched = (
            tree.apply(seen) if tree is not None and len(seen) else np.zeros(len(seen), np.int64)
            for seen in (own, others)
        )
        moved = np.where(below >= 0, below + first, -1)
        grown.append((np.array([first]), moved, *nodes, leaves + first, watched + first))
        first += len(below)
    return _Splits(*map(np.concatenate, zip(*grown, strict=True)))


def _forest(task: Task, splits: _Splits) -> Forest:
    """The counts at every node, and what they are pulled to."""
    levels, size = task.levels, len(splits.below)
    codes = np.concatenate([part.codes for part in task.parts])
    flat = np.bincount(splits.leaves * levels + codes, minlength=size * levels)
    counts = flat.reshape(size, levels).astype(np.float64)
    bare = Forest(splits.roots, splits.below, counts, counts)
    for layer in bare.layers[::-1]:
        inner = layer[splits.below[layer, 0] >= 0]
        counts[inner] += counts[splits.below[inner]].sum(1)
    base, start = np.zeros_like(counts), counts[splits.roots] + task.pull * task.start
    base[splits.roots] = start / start.sum(1, keepdims=True)
    for layer in bare.layers[1:]:
        base[layer] = base[bare.parent[layer]]
    return Forest(splits.roots, splits.below, counts, base)


def _grown(
    features: NDArray[np.float32], codes: Whole, smallest: int, regression: bool
) -> tuple[Whole, Whole, Whole, Whole, Any]:
    """Nodes below, feature, threshold and way of the unknown of each node, and the tree if any."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    nothing_to_learn = not features.shape[1] or len(codes) < 2 * smallest
    # With fewer than two rows a code, classes say nothing; ranks may.
    distinct = len(np.unique(codes))
    nothing_to_learn |= distinct < 2 or (not regression and 2 * distinct > len(codes))
    if nothing_to_learn:
        nothing = np.zeros(1, np.int64)
        return np.full((1, 2), -1), nothing - 2, nothing, nothing, None
    if regression:
        counts = np.bincount(codes)
        ranks = (np.cumsum(counts) - counts / 2) / len(codes)
        model: Any = DecisionTreeRegressor(min_samples_leaf=smallest, random_state=0)
        tree = model.fit(features, ranks[codes]).tree_
    else:
        model = DecisionTreeClassifier(
            criterion="entropy", min_samples_leaf=smallest, random_state=0
        )
        tree = model.fit(features, codes).tree_
    below = np.stack([tree.children_left, tree.children_right], 1)
    larger = tree.n_node_samples[below[:, 1]] > tree.n_node_samples[below[:, 0]]
    seen = (np.isnan(features).sum(0) > 0)[tree.feature.clip(0)]
    unknown = np.where(seen, tree.missing_go_to_left == 0, larger)
    threshold = np.floor(tree.threshold.clip(-1, 1 << 30))  # without end where all known go left
    return below, tree.feature, threshold.astype(np.int64), unknown.astype(np.int64), tree


def _features(
    codes: Whole, asked: Sequence[int], orders: Sequence[Whole | None]
) -> NDArray[np.float32]:
    """[N, P] what is asked for as numbers; NaN where unknown."""
    found = np.empty((len(codes), len(asked)), np.float32)
    for place, (variable, order) in enumerate(zip(asked, orders, strict=True)):
        own = codes[:, variable]
        found[:, place] = own if order is None else order[own]
        found[own < 0, place] = np.nan
    return found


def _positions(predictor: Variable, codes: Whole, targets: Whole, target: Variable) -> Whole | None:
    """[levels] position of each code of a nominal predictor; None where it is the code itself."""
    if predictor.ordered or predictor.levels < 3:
        return None
    known = codes >= 0
    size = (predictor.levels, target.levels)
    flat = np.bincount(codes[known] * size[1] + targets[known], minlength=size[0] * size[1])
    table = flat.reshape(size).astype(np.float64)
    rows = table.sum(1, keepdims=True)
    overall = table.sum(0) / max(1.0, table.sum())
    # Codes of few rows are drawn to the mean, or their noise would be the first component.
    apart = (table + overall) / (rows + 1) - overall
    _, _, components = np.linalg.svd(apart * np.sqrt(rows), full_matrices=False)
    positions = np.empty(predictor.levels, np.int64)
    positions[np.argsort(apart @ components[0], kind="stable")] = np.arange(predictor.levels)
    return positions


def _packed(
    task: Task,
    splits: _Splits,
    shares: NDArray[np.float64],
    further: NDArray[np.bool_],
    asked: Sequence[int],
    orders: Sequence[Whole | None],
) -> ConditionalTree:
    """The nodes that are worth being split and their children, numbered anew."""
    kept, layer = np.zeros(len(further), bool), splits.roots
    while len(layer):
        kept[layer] = True
        layer = splits.below[layer[further[layer]]].ravel()
    nodes = np.flatnonzero(kept)
    number, inner = np.cumsum(kept) - 1, further[nodes]
    leaf = np.cumsum(~inner) - 1
    feature = np.where(inner, splits.feature[nodes], -1)
    starts = np.cumsum([0, *(0 if order is None else len(order) for order in orders)])
    offsets = [-1 if order is None else start for order, start in zip(orders, starts, strict=False)]
    found = {
        "roots": number[splits.roots],
        "halves": task.halves,
        "asked": np.array([*asked, -1])[feature],  # -1 takes the last one
        "threshold": np.where(inner, splits.threshold[nodes], 0),
        "below": np.where(inner[:, None], number[splits.below[nodes]], leaf[:, None]),
        "unknown": np.where(inner, splits.unknown[nodes], 0),
        "offset": np.array([*offsets, -1])[feature],
        "positions": np.array([each for order in orders if order is not None for each in order]),
    }
    whole = {name: torch.from_numpy(each.astype(np.int32)) for name, each in found.items()}
    chances = torch.from_numpy(shares[nodes[~inner]].astype(np.float32))
    return ConditionalTree(**whole, shares=chances)
