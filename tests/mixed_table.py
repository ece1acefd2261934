"""A small table with a column of every kind, and a small model of it."""

import numpy as np
import pandas as pd

SMALL = {"network__context": 16, "network__width": 16}


def mixed_rows(rows: int) -> pd.DataFrame:
    """The table of `mixed`, of any length."""
    rng = np.random.default_rng(5)
    age = rng.integers(18, 80, rows)
    frame = pd.DataFrame(
        {
            "age": age,
            "income": np.where(rng.random(rows) < 0.2 + (age > 50) * 0.5, ">50K", "<=50K"),
            "hours a week": np.round(rng.normal(40, 8, rows), 1),
            "weight.kg": rng.normal(70, 9, rows),
            "marital-status": rng.choice(["single", "married", "divorced"], rows),
            "sons": rng.integers(0, 4, rows),
            "smokes": rng.random(rows) < 0.3,
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
            "zip": [f"{value:05d}" for value in rng.integers(100, 99_999, rows)],
            "land": "Öland",
        }
    )
    frame["sons"] = frame["sons"].astype("Int64").mask(rng.random(rows) < 0.15)
    frame["marital-status"] = frame["marital-status"].mask(rng.random(rows) < 0.1)
    frame["nothing"] = np.nan
    return frame
