"""A table that keeps a rule of every kind, and tables drawn from any codes of its codec."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.reading.table import table_from_frame

RULES = (
    "start <= end",
    "total = a + b",
    "0 <= share <= 1",
    "combinations(city, state)",
    "if employed = no then salary missing",
    "unique(id)",
    "0 <= low <= high <= 100",
)
CITIES = {"Berlin": ["BE"], "Potsdam": ["BB"], "Lyon": ["FR"], "Springfield": ["IL", "MA"]}


def rule_rows(rows: int, seed: int = 0) -> pd.DataFrame:
    """Rows that keep `RULES`, with missing cells."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 400, rows), "D")
    city = rng.choice(list(CITIES), rows)
    low = rng.integers(0, 80, rows)
    frame = pd.DataFrame(
        {
            "start": pd.Series(start).mask(rng.random(rows) < 0.1),
            "end": start + pd.to_timedelta(rng.integers(0, 40, rows), "D"),
            "a": np.round(rng.gamma(2, 3, rows), 2),
            "b": np.round(rng.gamma(2, 1, rows), 1),
            "share": rng.beta(2, 2, rows),
            "id": rng.permutation(rows) + 1000,
            "city": city,
            "state": [rng.choice(CITIES[each]) for each in city],
            "employed": rng.choice(["yes", "no"], rows),
            "salary": np.round(rng.normal(3000, 300, rows)),
            "low": low,
            "high": np.minimum(100, low + rng.integers(0, 30, rows)),
        }
    )
    frame["total"] = (frame["a"] + frame["b"]).round(2)
    frame["salary"] = frame["salary"].mask(frame["employed"] == "no")
    return frame


def codec_of(frame: pd.DataFrame, rules: Sequence[str], min_count: int = 5) -> TableCodec:
    """A codec of rows in memory that holds rules."""
    table = table_from_frame(frame, min_count=min_count)
    return TableCodec.fit(
        table.frame, replace(table.schema, rules=tuple(rules)), min_count=min_count
    )


def any_rows(codec: TableCodec, rows: int, seed: int = 0) -> pd.DataFrame:
    """Rows of codes that are drawn alike, whatever a model would make of them."""
    rng = np.random.default_rng(seed)
    codes = np.zeros((rows, len(codec.spec)), np.int64)
    for place, variable in enumerate(codec.spec.variables):
        levels = np.full(rows, variable.levels)
        if variable.parent is not None and variable.children is not None:
            levels = np.array(variable.children)[codes[:, variable.parent]]
        codes[:, place] = rng.integers(0, levels)
    return codec.decode(codes, rng.random(codes.shape), Place(0, seed))
