"""What somebody who knows some columns of a person learns from the synthetic rows.

The figures of synthpop 1.9 (Raab et al. 2024, arXiv:2406.16826) for a set of keys, the columns that
are known, and a target, the column that is not. Numbers are cut into ten parts of the training
rows, of which each holds as many rows.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.metrics.encoded import EncodedTable

PARTS = 10
MOST_KEYS = 4


def replicated_uniques(train: EncodedTable, synthetic: EncodedTable, keys: Sequence[str]) -> float:
    """RepU: training rows unique by their keys whose keys occur once in the synthetic rows too.

    Of all training rows. A fresh sample replicates some as well, so that the holdout is the
    reference.

    Unit: %. Range: 0 to 100. Better: as the holdout.
    Source: Raab et al. 2024 (arXiv:2406.16826), repU.
    """
    (real, made), _ = _cells(train, [train, synthetic], keys)
    unique = pd.Index(np.unique(made, return_counts=True)[0][_once(made)])
    return 100 * float((_once(real)[_places(real)] & np.isin(real, unique)).mean())


def disclosive_rows(
    train: EncodedTable, synthetic: EncodedTable, keys: Sequence[str], target: str
) -> float:
    """DiSCO: training rows whose keys have one target only in the synthetic rows, and rightly so.

    Of all training rows. Whoever knows the keys reads the target off. What follows from the keys in
    the whole population is disclosive in a fresh sample too, so that the holdout is the reference.

    Unit: %. Range: 0 to 100. Better: as the holdout.
    Source: Raab et al. 2024 (arXiv:2406.16826), DiSCO.
    """
    (real, made), _ = _cells(train, [train, synthetic], keys)
    (answers, told), _ = _cells(train, [train, synthetic], [target])
    pairs = np.unique(np.column_stack([made, told]), axis=0)
    keys_told, counts = np.unique(pairs[:, 0], return_counts=True)
    single = pairs[np.isin(pairs[:, 0], keys_told[counts == 1])]
    said = pd.Series(single[:, 1], index=single[:, 0]).reindex(real).to_numpy()
    return 100 * float((said == answers).mean())


def telling_keys(train: EncodedTable, target: str | None = None) -> list[str]:
    """The four columns that single rows out best: those of the highest entropy, save the target."""
    found = {}
    for column in train.columns:
        if column.name == target and len(train.columns) > 1:
            continue
        (codes,), levels = _cells(train, [train], [column.name])
        shares = np.bincount(codes, minlength=levels) / len(codes)
        found[column.name] = -float(np.sum(shares[shares > 0] * np.log(shares[shares > 0])))
    kept = sorted(found, key=lambda name: -found[name])[:MOST_KEYS]
    return [name for name in train.names if name in kept]


def _once(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each distinct code, in order, whether it occurs once."""
    return np.unique(codes, return_counts=True)[1] == 1


def _places(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.unique(codes, return_inverse=True)[1]


def _cells(
    train: EncodedTable, tables: Sequence[EncodedTable], names: Sequence[str]
) -> tuple[list[NDArray[np.int64]], int]:
    """[N] number of the combination of cells of each row of each table, and how many there are."""
    places = [train.names.index(name) for name in names]
    blocks = [np.column_stack([_cut(train, table, place) for place in places]) for table in tables]
    cells = pd.MultiIndex.from_arrays(list(np.concatenate(blocks).T))
    codes, levels = cells.factorize()
    ends = np.cumsum([len(table) for table in tables])[:-1]
    return np.split(codes.astype(np.int64), ends), len(levels)


def _cut(train: EncodedTable, table: EncodedTable, place: int) -> NDArray[np.float64]:
    """[N] category of a column; numbers are cut, and missing is a category."""
    values = table.values[:, place]
    if not train.columns[place].numeric:
        return values
    present = train.values[~train.missing(place), place]
    if len(np.unique(present)) <= PARTS:
        return np.nan_to_num(values, nan=np.inf)
    edges = np.unique(np.quantile(present, np.arange(1, PARTS) / PARTS, method="inverted_cdf"))
    return np.where(np.isnan(values), -1.0, np.searchsorted(edges, values, side="left"))
