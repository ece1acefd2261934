"""Bins are as fine as fresh rows bear out: lumpy columns keep all parts, smooth ones few."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth_dl.tables.codecs.number import NumberCodec

ROWS = 8000


def smooth(rows: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(50, 12, rows)


def lumpy(rows: int, seed: int) -> NDArray[np.float64]:
    """Narrow peaks at 400 places that are the same for all rows."""
    places = np.sort(np.random.default_rng(0).uniform(0, 1000, 400))
    random = np.random.default_rng(seed + 1)
    return random.choice(places, rows) + random.normal(0, 0.02, rows)


def fitted(values: NDArray, **options: int) -> NumberCodec:
    return NumberCodec.fit(values, np.ones(len(values), bool), **options)


def parts(codec: NumberCodec) -> int:
    return sum(codec.children)


def nats(codec: NumberCodec, values: NDArray) -> float:
    """Mean log-density of rows under equal shares of the fine codes of a coarse one."""
    values = values[codec.inside(values)]
    codes = codec.encode(values, np.ones(len(values), bool))
    shares = codec.shares[codes[:, 0]] / np.array(codec.children)[codes[:, 0]]
    return float((np.log(shares) - codec.log_measure(codes)).mean())


def test_a_smooth_column_has_wide_bins_and_a_lumpy_one_narrow_ones() -> None:
    assert parts(fitted(smooth(ROWS, 0))) <= 260
    assert parts(fitted(lumpy(ROWS, 0))) >= 500


def test_fresh_rows_are_likelier_where_they_bear_narrow_bins_out() -> None:
    gains = [nats(fitted(draw(ROWS, 0)), draw(20_000, 1)) - nats(fitted(draw(ROWS, 0), fine=1),
             draw(20_000, 1)) for draw in (smooth, lumpy)]  # fmt: skip
    assert gains[0] > -0.005
    assert gains[1] > 0.3


def test_the_order_of_the_rows_does_not_matter() -> None:
    values = smooth(ROWS, 3)
    assert fitted(values).to_dict() == fitted(values[::-1].copy()).to_dict()


@pytest.mark.parametrize("decimals", [0, 1])
def test_a_grid_is_chosen_for_alike(decimals: int) -> None:
    values = np.round(smooth(ROWS, 4) * 100 * 10**decimals).astype(np.int64)
    codec = fitted(values)
    assert codec.grid
    assert 64 <= parts(codec) <= 300
    counts = np.bincount(codec.encode(values, np.ones(ROWS, bool))[:, 0])
    assert counts.min() >= 5
