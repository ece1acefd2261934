"""Tables drawn from one known distribution, and generators that copy them."""

import numpy as np

from synth_dl.metrics.encoded import EncodedColumn, EncodedTable

COLUMNS = (
    EncodedColumn("group", False, tuple("abcd")),
    EncodedColumn("size", True),
    EncodedColumn("price", True),
    EncodedColumn("kind", False, tuple("uvwxyz")),
    EncodedColumn("count", True),
)


def known(rows: int, seed: int) -> EncodedTable:
    """Rows of a known distribution with dependent columns, one of them of heavy tails."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 4, rows)
    size = rng.normal(size=rows) + group
    price = np.exp(size + 0.3 * rng.normal(size=rows))
    kind = rng.integers(0, 6, rows) * (group > 1)
    values = np.column_stack([group, size, price, kind, rng.poisson(3, rows)])
    return EncodedTable(COLUMNS, values.astype(np.float64))


def with_noise(train: EncodedTable, seed: int) -> EncodedTable:
    """Each training row once, numbers with 1 % of noise."""
    rng = np.random.default_rng(seed)
    values = train.values.copy()
    values[:, 1:3] *= 1 + 0.01 * rng.normal(size=(len(train), 2))
    return EncodedTable(train.columns, values)


def ten_times(train: EncodedTable, seed: int) -> EncodedTable:
    """A tenth of the training rows, each ten times."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(train), len(train) // 10, replace=False)
    return train.take(np.repeat(chosen, 10))


def fresh(train: EncodedTable, seed: int) -> EncodedTable:
    """As many fresh rows."""
    return known(len(train), seed)
