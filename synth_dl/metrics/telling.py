"""What gives synthetic rows away: the columns that tell, and regions with too many or too few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.boosting import classifier
from synth_dl.metrics.encoded import EncodedColumn, EncodedTable
from synth_dl.metrics.quantities import Unit

MOST_ROWS = 20_000  # of either kind
LEAVES, DEPTH, FEWEST = 16, 4, 50


@dataclass(frozen=True)
class Bound:
    """What a region asks of one column: a range of numbers, or some categories.

    Attributes:
        column: its name.
        low: numbers above it are inside, or None.
        high: numbers up to it are inside, or None.
        labels: categories that are inside, or None for numbers.
        unit: of the numbers.
    """

    column: str
    low: float | None = None
    high: float | None = None
    labels: tuple[str, ...] | None = None
    unit: Unit = "number"


@dataclass(frozen=True)
class Region:
    """Rows of which the synthetic table has too many or too few.

    Attributes:
        bounds: all of which hold.
        real: percent of the fresh real rows that lie there.
        synthetic: percent of the synthetic rows that do.
    """

    bounds: tuple[Bound, ...]
    real: float
    synthetic: float


def telling_columns(
    fresh: EncodedTable, synthetic: EncodedTable, seed: int = 0
) -> dict[str, float]:
    """Share of each column in how boosted trees tell synthetic rows from fresh ones.

    The gain of all splits on the column, of all gain; the largest first. Where the two cannot be
    told apart at all (AUC 0.5), the shares are those of noise.

    Unit: %. Range: 0 to 100. Better: as equal as those of noise.
    Source: gain importance of LightGBM, on the classifier of the two-sample test.
    """
    rows = _both(fresh, synthetic, seed)
    if len(rows[0]) < 4:
        return {}
    model = classifier(seed).set_params(importance_type="gain").fit(*rows)
    gains = np.asarray(model.feature_importances_, dtype=np.float64)
    shares = 100 * gains / (gains.sum() or 1.0)
    order = np.argsort(-shares, kind="stable")
    return {fresh.names[place]: float(shares[place]) for place in order}


def telling_regions(
    fresh: EncodedTable, synthetic: EncodedTable, seed: int = 0, count: int = 5
) -> list[Region]:
    """The leaves of a shallow tree in which the shares of synthetic and fresh rows differ most.

    One half of the rows grows the tree, the other half is counted, so that the shares are not those
    that a tree finds by searching; leaves whose shares differ by less than three standard errors
    are left out.

    Unit: % of rows. Range: 0 to 100. Better: equal shares, that is no region.
    Source: CART (Breiman et al. 1984) on the rows of the two-sample test.
    """
    from sklearn.tree import DecisionTreeClassifier

    features, made = _both(fresh, synthetic, seed)
    if len(features) < 4 * FEWEST:
        return []
    grown = np.random.default_rng(seed).permutation(len(features)) % 2 == 0
    tree = DecisionTreeClassifier(
        max_leaf_nodes=LEAVES, max_depth=DEPTH, min_samples_leaf=FEWEST, random_state=0
    ).fit(np.nan_to_num(features[grown], nan=_below(features)), made[grown])
    leaf = tree.apply(np.nan_to_num(features[~grown], nan=_below(features)))
    kinds = made[~grown] == 1
    found = []
    for node, bounds in _leaves(tree.tree_, fresh.columns, _below(features)).items():
        real, synthetic_share = (float((leaf[kind] == node).mean()) for kind in (~kinds, kinds))
        middle = (real + synthetic_share) / 2
        error = np.sqrt(2 * middle * (1 - middle) / max(kinds.sum(), 1))
        if abs(real - synthetic_share) > 3 * error and bounds:
            found.append(Region(bounds, 100 * real, 100 * synthetic_share))
    return sorted(found, key=lambda each: -abs(each.real - each.synthetic))[:count]


def _both(
    fresh: EncodedTable, synthetic: EncodedTable, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    size = min(len(fresh), len(synthetic), MOST_ROWS)
    values = [each.at_most(size, rng).values for each in (fresh, synthetic)]
    return np.concatenate(values), np.repeat([0, 1], size)


def _below(features: NDArray[np.float64]) -> float:
    """A number below all others, where missing ones stand."""
    present = features[~np.isnan(features)]
    return float(present.min() - 1.0) if len(present) else 0.0


def _leaves(tree, columns: tuple[EncodedColumn, ...], below: float) -> dict[int, tuple[Bound, ...]]:
    """The bounds of each leaf."""
    found = {}

    def walk(node: int, limits: dict[int, tuple[float, float]]) -> None:
        if tree.children_left[node] < 0:
            found[node] = tuple(
                _bound(columns[place], low, high, below) for place, (low, high) in limits.items()
            )
            return
        place, cut = int(tree.feature[node]), float(tree.threshold[node])
        low, high = limits.get(place, (-np.inf, np.inf))
        walk(int(tree.children_left[node]), {**limits, place: (low, min(high, cut))})
        walk(int(tree.children_right[node]), {**limits, place: (max(low, cut), high)})

    walk(0, {})
    return found


def _bound(column: EncodedColumn, low: float, high: float, below: float) -> Bound:
    if not column.numeric:
        labels = (label for code, label in enumerate(column.labels) if low < code <= high)
        return Bound(column.name, labels=tuple(labels))
    ends = [None if not np.isfinite(each) or each <= below + 1 else each for each in (low, high)]
    return Bound(column.name, ends[0], ends[1], unit=column.unit)
