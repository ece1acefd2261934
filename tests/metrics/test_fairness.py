"""Gaps between groups and groups that shrank: known answers."""

import numpy as np
import pandas as pd
import pytest
from encoded_tables import encoded, schema_of

from synth_dl.metrics.fairness import group_shares, model_gaps, parity_gap, range_cuts

SCHEMA = schema_of(sex="category", x="number", paid="category")


def people(rows: int, seed: int, gap: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sex, x = rng.choice(["f", "m"], rows), rng.normal(size=rows)
    likely = 0.5 + gap / 2 * np.where(sex == "m", 1, -1)
    return pd.DataFrame({"sex": sex, "x": x, "paid": np.where(rng.random(rows) < likely, "y", "n")})


def test_the_parity_gap_by_hand() -> None:
    frame = {"sex": ["f"] * 40 + ["m"] * 40, "x": [0] * 80,
             "paid": ["y"] * 10 + ["n"] * 30 + ["y"] * 30 + ["n"] * 10}  # fmt: skip
    (table,) = encoded(SCHEMA, frame)
    gap = parity_gap(table, "paid", ["sex"])
    assert gap is not None
    assert gap.points == 50.0
    assert gap.standard_error == pytest.approx(100 * (2 * 0.25 * 0.75 / 40) ** 0.5)
    assert parity_gap(table.take(np.arange(60)), "paid", ["sex"]) is None


def test_a_model_repeats_the_gap_that_it_learnt() -> None:
    unfair, fair, holdout = encoded(
        SCHEMA, people(3_000, 0, 0.8), people(3_000, 1, 0.0), people(2_000, 2, 0.8)
    )
    learnt, other = (model_gaps(each, holdout, "paid", ["sex"]) for each in (unfair, fair))
    assert learnt is not None
    assert other is not None
    assert learnt[0].points > 80
    assert learnt[1].points > 80
    assert other[0].points < 30
    own = parity_gap(holdout, "paid", ["sex"])
    assert own is not None
    assert own.points == pytest.approx(80, abs=5)


def test_groups_that_shrank_or_vanished_are_named() -> None:
    real = {"sex": ["f"] * 500 + ["m"] * 480 + ["d"] * 20, "x": [0] * 1000, "paid": ["y"] * 1000}
    made = {"sex": ["f"] * 300 + ["m"] * 700, "x": [0] * 1000, "paid": ["y"] * 1000}
    found = {each.name: each for each in group_shares(*encoded(SCHEMA, real, made), ["sex"])}
    assert found["sex f"].fate == "shrank"
    assert found["sex d"].fate == "vanished"
    assert found["sex m"].fate == "kept"
    assert (found["sex f"].real, found["sex f"].synthetic) == (50.0, 30.0)


def test_numbers_and_dates_make_groups_by_their_quartiles() -> None:
    schema = schema_of(age="number", born="datetime", children="number", paid="category")
    age = np.arange(20.0, 60.0).repeat(10)
    real = pd.DataFrame({
        "age": age,
        "born": pd.Timestamp("1960-01-01") + pd.to_timedelta(-365 * (age - 20), unit="D"),
        "children": np.arange(len(age)) % 4,
        "paid": np.where(age < 40, "y", "n"),
    })  # fmt: skip
    lacking = real.assign(age=real["age"].mask(real["age"] >= 50))
    ours, theirs = encoded(schema, real, lacking)
    names = ["age", "born", "children"]
    cuts = range_cuts(ours, names)
    assert set(cuts) == {"age", "born"}
    shares = {name: {each.name: each for each in group_shares(ours, theirs, [name], cuts)}
              for name in names}  # fmt: skip
    assert {name: each.real for name, each in shares["age"].items()} == {
        "age below 30": 25.0, "age from 30 to below 40": 25.0, "age from 40 to below 50": 25.0,
        "age from 50": 25.0, "age (missing)": 0.0,
    }  # fmt: skip
    assert shares["age"]["age from 50"].fate == "vanished"
    assert "born from 1951-01-03" in shares["born"]
    assert set(shares["children"]) == {f"children {each}" for each in range(4)}
    gap = parity_gap(ours, "paid", ["age"], cuts)
    assert gap is not None
    assert gap.points == 100.0
    assert parity_gap(theirs.take(np.flatnonzero(age >= 50)), "paid", ["age"], cuts) is None
