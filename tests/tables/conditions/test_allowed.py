"""What a user says of a column as allowed codes: shares of codes, and values that come out."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import kstest

from synth_dl.sampling.conditions import Both, Not, OneOf, Range
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.codecs.intervals import Intervals
from synth_dl.tables.conditions.allowed import allowed_column
from synth_dl.tables.schema import Column, Schema

ROWS = 20_000


def series() -> dict[str, tuple[Column, Any]]:
    """Columns of numbers and dates, all with missing cells."""
    rng = np.random.default_rng(0)
    gamma = rng.gamma(2, 20, ROWS)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), unit="D")
    minutes = pd.to_timedelta(rng.integers(0, 1440, ROWS), unit="min")
    spikes = np.where(rng.random(ROWS) < 0.2, 50, gamma.round())
    months = days.to_period("M").to_timestamp()
    hidden = rng.random(ROWS) < 0.1
    return {
        "integer": (Column("x", "number", "Int64", decimals=0),
                    pd.Series(spikes * 37).astype("Int64").mask(hidden)),
        "decimal": (Column("x", "number", "float64", decimals=2),
                    pd.Series(gamma.round(2)).mask(hidden)),
        "tens": (Column("x", "number", "float64", decimals=-1),
                 pd.Series((gamma * 100).round(-1)).mask(hidden)),
        "real": (Column("x", "number", "float64"),
                 pd.Series(np.where(rng.random(ROWS) < 0.2, 0.0, gamma)).mask(hidden)),
        "float32": (Column("x", "number", "float32"),
                    pd.Series(gamma.astype(np.float32)).mask(hidden)),
        "day": (Column("x", "datetime", "datetime64[us]"), pd.Series(days).mask(hidden)),
        "month": (Column("x", "datetime", "datetime64[us]"), pd.Series(months).mask(hidden)),
        "moment": (Column("x", "datetime", "datetime64[us]", format="%Y-%m-%d %H:%M"),
                   pd.Series(days + minutes).mask(hidden)),
        "zone": (Column("x", "datetime", "datetime64[us, Asia/Tokyo]"),
                 pd.Series(days + minutes).dt.tz_localize("Asia/Tokyo").mask(hidden)),
    }  # fmt: skip


SERIES = series()


def codec_of(name: str) -> TableCodec:
    column, cells = SERIES[name]
    return TableCodec.fit(pd.DataFrame({"x": cells}), Schema((column,)))


def conditions_of(free: pd.Series, cells: pd.Series) -> list[tuple[Any, Any]]:
    """Conditions on quantiles of some cells, and which of other cells [N] meet them."""
    present = free.dropna()
    low, middle, high = (present.quantile(q, interpolation="nearest") for q in (0.21, 0.5, 0.63))
    there = cells.notna()
    inside, point = there & (cells >= low) & (cells <= high), there & (cells == middle)
    found = [
        (Range(low, high), inside),
        (Range(middle, None), there & (cells >= middle)),
        (Range(None, low), there & (cells <= low)),
        (Not(Range(low, high)), ~inside.astype(bool)),
        (Not(middle), ~point.astype(bool)),
        (Not(None), there),
        (Not(OneOf((None, middle))), there & ~point.astype(bool)),
        (Both(Range(low, high), Not(middle)), inside & ~point.astype(bool)),
    ]
    return [(condition, meets.fillna(False).astype(bool)) for condition, meets in found]


@pytest.mark.parametrize("name", SERIES)
def test_draws_of_allowed_codes_are_those_of_all_codes_that_meet_the_condition(name: str) -> None:
    """Codes as frequent as in the rows, drawn by their allowed share, decode to what is left of
    the draws of all codes."""
    codec = codec_of(name)
    rng = np.random.default_rng(1)
    codes = codec.encode(pd.DataFrame({"x": SERIES[name][1]})).astype(np.int64).repeat(3, 0)
    uniform = rng.random(codes.shape)
    free = codec.decode(codes, uniform, Place(0, 0))["x"]
    masks_of = [codec.slots(0), codec.spec.levels]
    for place, (condition, meets) in enumerate(conditions_of(free, free)):
        allowed = allowed_column(codec, 0, condition)
        weights = np.ones(len(codes))
        state = torch.zeros(len(codes), dtype=torch.long)
        for variable, mask in allowed.codes.masks(*masks_of).items():
            weights *= mask.weights[state, codes[:, variable]].numpy()
            state = mask.after[state, codes[:, variable]]
        assert weights.max() <= 1 + 1e-9
        assert weights.mean() == pytest.approx(meets.mean(), abs=0.006)
        chosen = codes[rng.choice(len(codes), 20_000, p=weights / weights.sum())]
        found = allowed.codec.decode(chosen, rng.random(chosen.shape), Place(0, 0))
        values = pd.Series(found, dtype=free.dtype)
        assert conditions_of(free, values)[place][1].all(), condition
        wanted = free[meets]
        assert values.isna().mean() == pytest.approx(wanted.isna().mean(), abs=0.02)
        both = [numbers(each.dropna()) for each in (values, wanted)]
        assert kstest(*both).statistic < 0.02, condition


def numbers(values: pd.Series) -> Any:
    return values.astype("int64" if "date" in str(values.dtype) else "float64").to_numpy()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("integer", (37, 74, 1850)),
        ("decimal", (12.34, 56.78)),
        ("real", (11.5, 40.25)),
        ("day", ("2020-03-01", "2021-07-04")),
        ("moment", ("2020-03-01 10:30", "2021-07-04 00:00")),
        ("zone", ("2020-03-01 10:30", "2021-07-04 00:00")),
    ],
)
def test_sets_decode_to_their_values_alone(name: str, values: tuple[Any, ...]) -> None:
    codec = codec_of(name)
    allowed = allowed_column(codec, 0, OneOf((*values, None)))
    codes = allowed.codes.codes.repeat(200, 0)
    found = allowed.codec.decode(codes, np.random.default_rng(0).random(codes.shape), Place(0, 0))
    wanted = pd.Series(values).astype(found.dtype) if name in ("integer", "decimal", "real") else (
        pd.Series(pd.to_datetime(list(values))).dt.tz_localize(getattr(found.dtype, "tz", None))
    )  # fmt: skip
    assert set(found.dropna()) == set(wanted)
    assert found.isna().any()


def test_points_of_a_continuous_column_are_as_likely_as_their_density() -> None:
    codec = codec_of("real")
    allowed = allowed_column(codec, 0, OneOf((11.5, 120.0)))
    widths = 1 / allowed.codes.weights
    assert widths[1] > 3 * widths[0]  # bins are wide where few rows are
    with pytest.raises(Exception, match="have a probability of their own"):
        allowed_column(codec, 0, OneOf((0.0, 11.5)))


@pytest.mark.parametrize(
    ("name", "low", "high", "first", "last"),
    [
        ("day", "2020-03", "2020-04", "2020-03-01", "2020-04-30"),
        ("day", "2021", None, "2021-01-01", None),
        ("moment", "2020-03-05", "2020-03-06", "2020-03-05 00:00", "2020-03-06 23:59"),
        ("moment", date(2020, 3, 5), date(2020, 3, 6), "2020-03-05 00:00", "2020-03-06 23:59"),
        ("moment", "2020-03-05 10:00", "2020-03-05 11:00", "2020-03-05 10:00", "2020-03-05 11:00"),
        ("month", "2020-03-02", "2020-06-30", "2020-04-01", "2020-06-01"),
    ],
)
def test_a_date_as_an_end_is_that_whole_day(
    name: str, low: Any, high: Any, first: str, last: str | None
) -> None:
    codec = codec_of(name)
    allowed = allowed_column(codec, 0, Range(low, high))
    rng = np.random.default_rng(0)
    codes = allowed.codes.codes.repeat(400, 0)
    codes = np.where(codes < 0, 0, codes)
    found = allowed.codec.decode(codes, rng.random(codes.shape), Place(0, 0))
    assert found.min() >= pd.Timestamp(first)
    if last is not None:
        assert found.max() <= pd.Timestamp(last)
    assert found.min() <= pd.Timestamp(first) + pd.Timedelta(minutes=20 if ":" in first else 0)


@pytest.mark.parametrize("dtype", ["int64", "float64", "float32"])
def test_intervals_are_sets(dtype: str) -> None:
    kind, line = np.dtype(dtype), np.arange(-6, 20).astype(dtype)
    one, two = Intervals.between(1, 9, kind), Intervals.points(np.array([3, 9, 12], dtype))
    everything = Intervals.between(None, None, kind)
    for found, wanted in (
        (one, (line >= 1) & (line <= 9)),
        (two, np.isin(line, (3, 9, 12))),
        (one.complement(), (line < 1) | (line > 9)),
        (one.meet(two), np.isin(line, (3, 9))),
        (two.complement().meet(one), (line >= 1) & (line <= 9) & ~np.isin(line, (3, 9))),
        (two.complement().complement(), np.isin(line, (3, 9, 12))),
        (everything, np.ones(len(line), bool)),
        (everything.complement(), np.zeros(len(line), bool)),
        (Intervals.between(5, 4, kind), np.zeros(len(line), bool)),
    ):
        assert (found.hold(line) == wanted).all()
        assert found.lows.dtype == kind
