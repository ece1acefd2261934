"""Codecs by declared facts and noisy counts, whatever the rows hold."""

import numpy as np
import pandas as pd

from synth_dl.privacy.ledger import Budget
from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.private.drafts import draft_columns, looks_of
from synth_dl.tables.schema import Column


def test_numbers_beyond_limits_that_were_learnt_count_as_the_limit() -> None:
    random = np.random.default_rng(0)
    # Too few of each size to be seen, and many in all.
    beyond = [3 * 2**power for power in range(11, 21) for _ in range(20)]
    rows = np.concatenate([random.integers(0, 1024, 3000), np.full(1000, 700), beyond])
    column = Column("x", "number", "int64", decimals=0)
    frame = pd.DataFrame({"x": rows.astype(float)})
    for _ in range(5):
        budget = Budget(10.0, 1e-5)
        (found,) = draft_columns(frame, [column], budget, 0.015)
        assert isinstance(found, NumberColumn)
        assert budget.ledger.spent <= 0.015
        last = found.codec.highs[-1]
        codes = found.encode(pd.Series([10.0**9, float(last) - 1]))
        assert codes[0, 0] == codes[1, 0] or found.codec.is_atom[-1]


def test_limits_that_were_learnt_fit_the_dtype() -> None:
    random = np.random.default_rng(0)
    for dtype, decimals in (("int16", 0), ("int16", -2), ("UInt8", 0), ("float16", None)):
        frame = pd.DataFrame({"x": random.integers(-40_000, 40_000, 5000).astype(float)})
        column = Column("x", "number", dtype, decimals=decimals)
        (found,) = draft_columns(frame, [column], Budget(10.0, 1e-5), 0.5)
        assert isinstance(found, NumberColumn)
        ends = pd.Series(found.codec.extremes()).astype(float) * 10.0 ** -(decimals or 0)
        most = (np.finfo if decimals is None else np.iinfo)(dtype.lower())
        assert most.min <= ends[0] < ends[1] <= most.max


def test_numbers_that_the_dtype_does_not_hold_count_as_its_largest() -> None:
    frame = pd.DataFrame({"x": np.full(3000, 1e12)})
    (found,) = draft_columns(
        frame, [Column("x", "number", "int32", decimals=0)], Budget(10.0, 1e-5), 0.5
    )
    assert isinstance(found, NumberColumn)
    assert found.codec.extremes()[1] == 2**31 - 1


def test_a_limit_that_all_rows_share_is_a_limit_still() -> None:
    column = Column("x", "number", "float64", maximum=16)
    frame = pd.DataFrame({"x": np.full(3000, 16.0)})
    (found,) = draft_columns(frame, [column], Budget(10.0, 1e-5), 0.5)
    assert isinstance(found, NumberColumn)
    assert 16 in found.codec.lows[found.codec.is_atom]


def test_what_is_declared_needs_no_look() -> None:
    def looks(kind: str, dtype: str = "float64", **facts) -> int:
        return looks_of(Column("x", kind, dtype, **facts))  # pyright: ignore[reportArgumentType]

    assert looks("number", decimals=0, minimum=1, maximum=16) == 0
    assert looks("number", decimals=0, minimum=0, maximum=120) == 1
    assert looks("number", decimals=2, minimum=0, maximum=120) == 2
    assert looks("number", minimum=0, maximum=1) == 2
    assert looks("number", minimum=0) == looks("number", decimals=0) == 3
    assert looks("datetime", minimum="2020-01-01", maximum="2020-01-31") == 0
    assert looks("datetime", minimum="2020-01-01", maximum="2020-06-30") == 1
    assert looks("category", "str", levels=("a", "b")) == looks("boolean", "bool") == 0
    assert looks("category", "str") == 1
