"""What rules hold holds of every code, as it is written; and rows that keep them come back."""

import itertools
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_tables import RULES, any_rows, codec_of, rule_rows
from untrained import model_of

from synth_dl import Synthesizer
from synth_dl.checks.promise import broken_promises
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.formatting import plain_words


def test_no_code_breaks_a_rule_of_any_kind() -> None:
    rows = rule_rows(2000)
    codec = codec_of(rows, RULES)
    drawn = any_rows(codec, 20_000)
    both = drawn["start"].notna() & drawn["end"].notna()
    assert (~both).sum() > 0
    assert (drawn["start"] <= drawn["end"])[both].all()
    cents = [(drawn[name] * 100).round() for name in ("a", "b", "total")]
    assert (cents[0] + cents[1] == cents[2]).all()
    assert drawn["share"].between(0, 1).all()
    assert set(zip(drawn["city"], drawn["state"], strict=True)) == set(
        zip(rows["city"], rows["state"], strict=True)
    )
    assert drawn["salary"][drawn["employed"] == "no"].isna().all()
    assert drawn["salary"][drawn["employed"] == "yes"].notna().any()
    assert drawn["id"].is_unique
    assert (drawn["low"] >= 0).all()
    assert (drawn["low"] <= drawn["high"]).all()
    assert (drawn["high"] <= 100).all()
    assert not any(codec.rules.counts(drawn).values())


def test_artifact_holds_the_same_codec() -> None:
    codec = codec_of(rule_rows(500), RULES)
    again = TableCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    again.check()
    assert again.to_dict() == codec.to_dict()
    pd.testing.assert_frame_equal(any_rows(again, 100), any_rows(codec, 100))


@settings(max_examples=30, deadline=None)
@given(
    decimals=st.tuples(st.sampled_from([0, 1, 3, None]), st.sampled_from([0, 2, None])),
    strict=st.booleans(),
    below=st.booleans(),
    missing=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_numbers_keep_their_order_as_they_are_written(
    decimals: tuple[int | None, int | None], strict: bool, below: bool, missing: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = [rng.normal(0, 50, 300), rng.normal(0, 50, 300)]
    low, high = (v if d is None else v.round(d) for v, d in zip(values, decimals, strict=True))
    low = np.minimum(low, np.floor(high) - 1)
    low = low if decimals[0] is None else low.round(decimals[0])
    frame = pd.DataFrame({"low": low, "high": high})
    if missing:
        frame["low"] = frame["low"].mask(rng.random(300) < 0.3)
    sign = "<" if strict else "<="
    # `low` is told from `high` where that is computed, else the other way round.
    rules = [f"low {sign} high"]
    if below:
        frame["half"] = frame["high"] / 2
        rules.append("high = 2 * half")
    codec = codec_of(frame, rules)
    drawn = any_rows(codec, 400, seed)
    words = [plain_words(drawn[n], codec.schema.column(n), codec.schema.dialect).to_pylist()
             for n in ("low", "high")]  # fmt: skip
    for one, other in zip(*words, strict=True):
        if one and other:
            difference = Decimal(other) - Decimal(one)
            assert difference > 0 or (difference == 0 and not strict), (one, other)
    codes = codec.encode(drawn).astype(np.int64)
    assert (codes >= 0).all()
    if not below:  # a computed column moves with the draws in its parts' bins
        tidy = codec.decode(codes, np.full(codes.shape, 0.5), Place(0, 0))
        np.testing.assert_array_equal(codec.encode(tidy), codes)


@settings(max_examples=20, deadline=None)
@given(
    steps=st.tuples(st.sampled_from(["D", "min", "s"]), st.sampled_from(["D", "h", "s", "MS"])),
    zone=st.sampled_from([None, "Europe/Berlin"]),
    strict=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_dates_keep_their_order(
    steps: tuple[str, str], zone: str | None, strict: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    start = pd.Series(
        pd.Timestamp("2021-03-20") + pd.to_timedelta(rng.integers(0, 20 * 86_400, 300), "s")
    )
    end = start + pd.to_timedelta(rng.integers(3 * 86_400, 90 * 86_400, 300), "s")
    start = start.dt.floor(steps[0])
    end = (end + pd.Timedelta("31D")).dt.to_period("M").dt.to_timestamp() if steps[1] == "MS" else (
        end.dt.floor(steps[1]))  # fmt: skip
    if zone is not None:
        start, end = (
            each.dt.tz_localize(zone, nonexistent="shift_forward", ambiguous=False)
            for each in (start, end)
        )
    start = start.mask(rng.random(300) < 0.2)
    rule = f"start {'<' if strict else '<='} end"
    codec = codec_of(pd.DataFrame({"start": start, "end": end}), [rule])
    drawn = any_rows(codec, 1000, seed)
    both = drawn["start"].notna() & drawn["end"].notna()
    held = drawn["start"] < drawn["end"] if strict else drawn["start"] <= drawn["end"]
    assert held[both].all()
    assert both.any()
    assert (~both).any()


def test_rows_that_break_a_rule_are_left_out_and_counted() -> None:
    frame = rule_rows(1000)
    frame.loc[:9, "end"] = pd.Timestamp("2019-01-01")
    frame.loc[5:6, "share"] = 3.0
    frame.loc[20, "total"] += 1
    codec = codec_of(frame, RULES)
    table = frame.assign(id=frame["id"])
    counts = codec.rules.counts(table)
    late = int(frame.loc[:9, "start"].notna().sum())
    assert [counts[RULES[k]] for k in range(3)] == [late, 1, 2]
    said = codec.rules.check(table)
    assert said[2] == (
        "rule '0 <= share <= 1': 2 of 1,000 training rows break it, and no row that is drawn will"
    )
    assert not any(codec.rules.counts(any_rows(codec, 5000)).values())


def test_log_prob_is_that_of_a_distribution_over_the_rows_that_keep_the_rules() -> None:
    rng = np.random.default_rng(0)
    rows = 400
    frame = pd.DataFrame(
        {
            "employed": rng.choice(["yes", "no"], rows),
            "city": rng.choice(["A", "B", "C"], rows),
            "low": rng.integers(0, 3, rows),
        }
    )
    frame["state"] = frame["city"].map({"A": "x", "B": "y", "C": "x"})
    frame["state"] = frame["state"].where(rng.random(rows) < 0.7, "y")
    frame["high"] = frame["low"] + rng.integers(0, 3, rows)
    frame["both"] = frame["low"] + frame["high"]
    frame["pay"] = pd.Series(rng.choice(["s", "m"], rows)).mask(frame["employed"] == "no")
    rules = ["low <= high", "both = low + high", "combinations(city, state)",
             "if employed = no then pay missing"]  # fmt: skip
    codec = codec_of(frame, rules)
    synth = Synthesizer(model_of(codec.spec), codec)
    values = {
        "employed": ["yes", "no"], "city": ["A", "B", "C"], "low": [0, 1, 2],
        "state": ["x", "y"], "high": [0, 1, 2, 3, 4], "both": range(7), "pay": ["s", "m", None],
    }  # fmt: skip
    every = pd.DataFrame(itertools.product(*values.values()), columns=list(values))
    found = synth.log_prob(every[frame.columns])
    shown = set(zip(frame["city"], frame["state"], strict=True))
    outside = (
        (every["low"] > every["high"])
        | (every["both"] != every["low"] + every["high"])
        | ~pd.Series([*zip(every["city"], every["state"], strict=True)]).isin(shown)
        | ((every["employed"] == "no") & every["pay"].notna())
    )
    assert (found[outside] == -np.inf).all()
    inside = every[~outside & (every["high"] - every["low"] <= 2)]
    assert np.isfinite(found[inside.index]).all()
    assert np.exp(found[inside.index]).sum() == pytest.approx(1, abs=1e-4)


def test_rare_combinations_are_no_part_of_the_artifact(tmp_path) -> None:
    frame = rule_rows(600)
    frame.loc[:3, ["city", "state"]] = ["Berlin", "IL"]
    frame.loc[4, ["city", "state"]] = ["Nowhere", "NO"]
    codec = codec_of(frame, RULES)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    written = TableCodec.from_dict(codec.to_dict())
    assert ["Berlin", "IL"] not in written.columns[6].to_dict()["combinations"]
    assert "Nowhere" not in json.dumps(written.to_dict())
    assert list(broken_promises(written, tmp_path / "rows.csv")) == []
    drawn = any_rows(codec, 5000)
    assert not ((drawn["city"] == "Berlin") & (drawn["state"] == "IL")).any()


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("if employed = no then salary = 0", lambda t: t["salary"][t["employed"] == "no"] == 0),
        ("if employed = yes then salary >= 2900",
         lambda t: t["salary"][t["employed"] == "yes"].dropna() >= 2900),
        ("if employed = yes and low < 40 then salary not missing",
         lambda t: t["salary"][(t["employed"] == "yes") & (t["low"] < 40)].notna()),
        ("if salary missing then city in (Berlin, Lyon)",
         lambda t: t["city"][t["salary"].isna()].isin(["Berlin", "Lyon"])),
    ],
)  # fmt: skip
def test_implications(rule: str, holds) -> None:
    frame = rule_rows(1500)
    if "= 0" in rule:
        frame["salary"] = frame["salary"].fillna(0)
    elif "2900" in rule:
        frame["salary"] = frame["salary"].clip(lower=2900)
    elif "city" in rule:
        frame["city"] = frame["city"].where(frame["salary"].notna(), "Lyon")
    drawn = any_rows(codec_of(frame, [rule]), 5000)
    assert len(holds(drawn))
    assert holds(drawn).all()
