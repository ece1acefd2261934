"""What the page draws of a table: the shares of each column, and the errors of all pairs."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.encoded import EncodedColumn, EncodedTable
from synth_dl.metrics.quantities import quantity
from synth_dl.tables.evaluation.comparison import TableComparison

BARS, CATEGORIES, MOST_COLUMNS = 24, 12, 100
OTHERS = "others"


def charts_of(
    tables: TableComparison,
    columns: Mapping[str, Mapping[str, float]],
    tests: Mapping[str, Mapping[str, Any]],
    pairs: NDArray[np.float64],
) -> dict[str, Any]:
    """Plain data of the charts; of more than 100 columns those that differ most.

    Args:
        tables: that are compared.
        columns: errors of each column by its name.
        tests: of each column by its name.
        pairs: (columns, columns) trend errors.
    """
    beyond = {name: errors["shape_error"] - errors.get("holdout_shape_error", 0.0)
              for name, errors in columns.items()}  # fmt: skip
    names = [str(column.name) for column in tables.train.columns]
    worst = sorted(range(len(names)), key=lambda place: -beyond[names[place]])
    places = sorted(worst[:MOST_COLUMNS])
    drawn = []
    for place in places:
        name = names[place]
        drawn.append({
            "name": name, **_shares(tables.train, tables.synthetic, place),
            "error": columns[name]["shape_error"],
            "holdout": columns[name].get("holdout_shape_error"),
            "beyond": beyond[name], "p_value": tests[name]["corrected"],
        })  # fmt: skip
    shown = pairs[np.ix_(places, places)]
    return {
        "columns": drawn,
        "pairs": {
            "names": [each["name"] for each in drawn],
            "errors": shown.tolist(),
            "most": max(float(shown.max(initial=0.0)), 1e-9),
        },
    }


def _shares(real: EncodedTable, synthetic: EncodedTable, place: int) -> dict[str, Any]:
    """Names of the bars, and the share of the rows of each table in them; missing comes last.

    Bars of numbers go from left to right between two `ends`; those of categories have none.
    """
    both = [each.values[:, place] for each in (real, synthetic)]
    if not real.columns[place].numeric:
        return _categories(real.columns[place], [values.astype(np.int64) for values in both])
    missing = [np.isnan(values) for values in both]
    present = [values[~lacking] for values, lacking in zip(both, missing, strict=True)]
    edges = _edges(present[0])
    counts = [np.histogram(values.clip(edges[0], edges[-1]), edges)[0] for values in present]
    unit, step = real.columns[place].unit, float(edges[1] - edges[0])
    said = [quantity(edge, unit, step) for edge in edges.tolist()]
    labels = [f"{low} to {high}" for low, high in pairwise(said)]
    if any(lacking.any() for lacking in missing):
        labels.append("missing")
        counts = [np.append(count, lacking.sum())
                  for count, lacking in zip(counts, missing, strict=True)]  # fmt: skip
    return _bars(labels, counts) | {"ends": [said[0], said[-1]]}


def _categories(column: EncodedColumn, both: list[NDArray[np.int64]]) -> dict[str, Any]:
    counts = [np.bincount(codes, minlength=column.levels) for codes in both]
    order = np.argsort(-counts[0], kind="stable")
    first, rest = order[:CATEGORIES], order[CATEGORIES:]
    labels = [column.labels[code] for code in first] + [OTHERS] * bool(len(rest))
    return _bars(labels, [np.append(count[first], [count[rest].sum()] * bool(len(rest)))
                          for count in counts])  # fmt: skip


def _bars(labels: list[str], counts: list[NDArray[Any]]) -> dict[str, Any]:
    real, synthetic = ((count / max(count.sum(), 1)).tolist() for count in counts)
    return {"labels": labels, "real": real, "synthetic": synthetic, "ends": []}


def _edges(present: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(present):
        return np.array([0.0, 1.0])
    low, high = np.quantile(present, [0.005, 0.995])
    if low == high:
        low, high = present.min(), present.max()
    if low == high:
        low, high = low - 0.5, high + 0.5
    return 2 * np.linspace(low / 2, high / 2, BARS + 1)
