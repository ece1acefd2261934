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
