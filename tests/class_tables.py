"""A table whose columns are classes that go together, or never do."""

import numpy as np
import pandas as pd

ROWS = 4000


def table() -> pd.DataFrame:
    """`a` and `b` of which `r` and `no` never go together, `c` after both, numbers and a city."""
    rng = np.random.default_rng(8)
    a = rng.choice(["p", "q", "r"], ROWS, p=[0.8, 0.15, 0.05])
    b = np.where((rng.random(ROWS) < 0.3) & (a != "r"), "no", "yes")
    c = np.where(rng.random(ROWS) < np.select([a == "p", a == "q"], [0.9, 0.5], 0.1), "x", "y")
    return pd.DataFrame(
        {
            "a": a, "b": b, "c": c,
            "flag": rng.random(ROWS) < 0.1,
            "stars": rng.choice([1, 2, 5], ROWS, p=[0.7, 0.2, 0.1]),
            "height": rng.normal(170, 9, ROWS),
            "part": pd.Series(rng.choice(["s", "t"], ROWS)).mask(rng.random(ROWS) < 0.2),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), "D"),
            "land": "Öland",
        }
    )  # fmt: skip
