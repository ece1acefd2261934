"""Cells beyond declared limits count as the limit, and no draw lies beyond it."""

import numpy as np
import pandas as pd
import pytest

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.limits import clipped
from synth_dl.tables.schema import Column, Schema


@pytest.mark.parametrize("dtype", ["int64", "uint8", "Int64", "float64", "float32"])
def test_numbers_of_every_dtype_are_kept_within_their_limits(dtype: str) -> None:
    values = clipped(pd.Series([1, 5, 200]).astype(dtype), -2.5, 100.5)
    assert values.dtype == dtype
    assert values.tolist() == [1, 5, 100.5 if dtype.startswith("f") else 100]
    assert clipped(values, 3, None).tolist()[:2] == [3, 5]


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_dates_are_kept_within_their_limits(zone: str | None) -> None:
    days = pd.Series(pd.to_datetime(["1900-01-01", "2020-05-05", None])).dt.tz_localize(zone)
    found = clipped(days, "2020-01-31", "2021-01-01 12:00")
    assert found.dt.tz_localize(None).tolist()[:2] == [
        pd.Timestamp("2020-01-31"), pd.Timestamp("2020-05-05")
    ]  # fmt: skip
    assert found.isna().tolist() == [False, False, True]


def test_no_draw_lies_beyond_what_was_declared() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": random.normal(50, 40, 1000), "day": pd.Timestamp("2020-06-01")
                          + pd.to_timedelta(random.integers(-500, 500, 1000), "D")})  # fmt: skip
    schema = Schema((
        Column("x", "number", "float64", minimum=0, maximum=90.5),
        Column("day", "datetime", "datetime64[us]", minimum="2020-01-01", maximum="2020-12-31"),
    ))  # fmt: skip
    codec = TableCodec.fit(frame, schema)
    codes = codec.encode(frame)
    assert (codes >= 0).all()
    drawn = codec.decode(codes, random.random(codes.shape), Place(0, 0))
    assert drawn["x"].between(0, 90.5).all()
    assert drawn["day"].between("2020-01-01", "2020-12-31").all()
    assert drawn["x"].max() > 85
