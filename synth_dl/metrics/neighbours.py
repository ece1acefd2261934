"""How near synthetic rows come to training rows: nearer share and exact copies.

The nearer share is the distance-to-closest-record score of TabSyn (arXiv:2310.09656, appendix) with
its distance: L1, numbers divided by their range in the training rows, categories one-hot, so that a
mismatch costs 2. Two deviations: ties count half (TabSyn counts them for the holdout, SDMetrics
0.32, DCROverfittingProtection, too, which flatters tables of categories), and both reference sets
have the same size, without which the share says nothing. Both figures are smoke tests of
overfitting and no guarantee of privacy.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.encoded import EncodedTable

MISMATCH = 2.0
MAX_REFERENCE_ROWS = 20_000
MAX_COMPARISONS = 20_000_000_000
QUERY_BLOCK = 32
REFERENCE_BLOCK = 8_192


@dataclass(frozen=True)
class NearerShare:
    """Share in percent, its standard error, and on how many records it rests.

    Attributes:
        percent: of the records that are asked.
        standard_error: of the share, for the choice of these records.
        asked: how many they are.
        references: how many training records, and as many of the holdout.
    """

    percent: float
    standard_error: float
    asked: int
    references: int

    @classmethod
    def of(cls, to_train: np.ndarray, to_holdout: np.ndarray, references: int) -> "NearerShare":
        """From the distances [N] to the nearest training and holdout record; ties count half."""
        points = (to_train < to_holdout) + 0.5 * (to_train == to_holdout)
        error = points.std() / np.sqrt(len(points))
        return cls(100 * float(points.mean()), 100 * float(error), len(points), references)


def nearer_train_share(
    train: EncodedTable, holdout: EncodedTable, synthetic: EncodedTable, seed: int = 0
) -> NearerShare:
    """Share of synthetic rows nearer to a training row than to any holdout row, in percent.

    Ties count half. Range 0 to 100; a perfect generator gets 50, higher means that rows are
    memorised, 100 means copies. The larger of train and holdout is cut to the size of the other by
    a random choice (at most 20,000 rows each); synthetic rows are a random choice if all of them
    would need more than 2e10 comparisons of cells. The standard error is that of the choice of
    synthetic rows.

    Unit: %. Range: 0 to 100. Better: 50. Source: TabSyn (arXiv:2310.09656), distance to closest
    record; a smoke test only (arXiv:2505.01524).
    """
    generator = np.random.default_rng(seed)
    size = min(len(train), len(holdout), MAX_REFERENCE_ROWS)
    middles, spans = _ranges(train)
    train, holdout = train.at_most(size, generator), holdout.at_most(size, generator)
    queries = MAX_COMPARISONS // (2 * size * len(train.columns))
    synthetic = synthetic.at_most(max(int(queries), 1_000), generator)
    asked, near, far = (
        _Coordinates.of(table, middles, spans) for table in (synthetic, train, holdout)
    )
    return NearerShare.of(_nearest(asked, near), _nearest(asked, far), size)


def copy_share(train: EncodedTable, rows: EncodedTable) -> float:
    """Share of `rows` that equal a training row in every compared column, in percent.

    Range 0 to 100; a perfect generator gets what a real holdout gets (which is above 0 where a
    table has few columns or levels), more means memorising. Missing equals missing. SDMetrics'
    NewRowSynthesis is its complement, but lets numbers differ by 1 %.

    Unit: %. Range: 0 to 100. Better: as the holdout. Source: complement of NewRowSynthesis of
    SDMetrics 0.32.
    """
    return 100.0 * float(np.isin(fingerprints(rows), fingerprints(train)).mean())


def fingerprints(table: EncodedTable) -> np.ndarray:
    """[N] a number each row, equal where all cells are."""
    # Adding zero turns -0.0 into 0.0, which is the same number with other bits.
    values = pd.DataFrame(table.values + 0.0)
    return pd.util.hash_pandas_object(values, index=False).to_numpy()  # pyright: ignore


@dataclass(frozen=True)
class _Coordinates:
    """Numbers in units of the training range, and codes, one contiguous row per column."""

    numbers: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, table: EncodedTable, middles: np.ndarray, spans: np.ndarray) -> "_Coordinates":
        numeric = table.numeric
        numbers = (table.values[:, numeric] - middles) / spans
        missing = np.isnan(numbers)
        # A missing number stands in the middle, and that it is missing counts as a category.
        numbers = np.where(missing, 0.0, numbers)
        codes = np.concatenate([table.values[:, ~numeric], missing], axis=1)
        largest = max((column.levels for column in table.columns), default=0)
        kind = np.uint8 if largest <= 256 else np.int32
        return cls(
            np.ascontiguousarray(numbers.T, dtype=np.float32),
            np.ascontiguousarray(codes.T, dtype=kind),
        )


def _ranges(train: EncodedTable) -> tuple[np.ndarray, np.ndarray]:
    middles, spans = [], []
    for values in train.values[:, train.numeric].T:
        present = values[~np.isnan(values)]
        middles.append(np.median(present) if len(present) else 0.0)
        spans.append(np.ptp(present) if len(present) else 0.0)
    return np.array(middles), np.array([span if span > 0 else 1.0 for span in spans])


def _nearest(queries: _Coordinates, references: _Coordinates) -> np.ndarray:
    """(queries,) distance to the nearest reference row."""
    used = [
        position
        for position, row in enumerate(references.codes)
        if (row != row[0]).any() or (queries.codes[position] != row[0]).any()
    ]
    queries = _Coordinates(queries.numbers, queries.codes[used])
    references = _Coordinates(references.numbers, references.codes[used])
    count = max(queries.numbers.shape[1], queries.codes.shape[1])
    starts = range(0, count, QUERY_BLOCK)
    # numpy lets go of the interpreter lock inside these array operations.
    with ThreadPoolExecutor(workers()) as pool:
        blocks = pool.map(lambda start: _nearest_block(queries, references, start), starts)
        return np.concatenate(list(blocks))


def _nearest_block(queries: _Coordinates, references: _Coordinates, start: int) -> np.ndarray:
    asked = slice(start, start + QUERY_BLOCK)
    numbers, codes = queries.numbers[:, asked, None], queries.codes[:, asked, None]
    rows = max(numbers.shape[1], codes.shape[1])
    best = np.full(rows, np.inf, dtype=np.float32)
    total = max(references.numbers.shape[1], references.codes.shape[1])
    for block in range(0, total, REFERENCE_BLOCK):
        where = slice(block, min(block + REFERENCE_BLOCK, total))
        shape = (rows, where.stop - where.start)
        mismatches = np.zeros(shape, dtype=np.uint8 if len(codes) < 256 else np.uint16)
        differs = np.empty(shape, dtype=bool)
        for mine, other in zip(codes, references.codes[:, where], strict=True):
            np.not_equal(mine, other, out=differs)
            mismatches += differs
        distance = np.multiply(mismatches, np.float32(MISMATCH), dtype=np.float32)
        gap = np.empty(shape, dtype=np.float32)
        for mine, other in zip(numbers, references.numbers[:, where], strict=True):
            np.subtract(mine, other, out=gap)
            np.abs(gap, out=gap)
            distance += gap
        np.minimum(best, distance.min(axis=1), out=best)
    return best
