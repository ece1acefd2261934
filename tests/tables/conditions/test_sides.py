"""Known cells whose rules name columns that are not known: these are drawn given them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ConfigError

RULES = ["low <= high", "total = a + 2 * b", "if kind = x then note missing", "start <= mid <= end"]


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    """Rows that keep `RULES`; `low` follows `kind`, and `a` and `b` each other."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["x", "y"], rows)
    low = rng.integers(0, 6, rows) + 3 * (kind == "y")
    a = rng.integers(0, 8, rows)
    b = np.minimum(7, a // 2 + rng.integers(0, 4, rows))
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 60, rows), "D")
    mid = start + pd.to_timedelta(rng.integers(0, 20, rows), "D")
    return pd.DataFrame(
        {
            "kind": kind, "low": low, "high": low + rng.poisson(2, rows),
            "note": pd.Series(rng.choice(["p", "q"], rows)).mask(kind == "x"),
            "a": a, "b": b, "total": a + 2 * b, "start": start, "mid": mid,
            "end": mid + pd.to_timedelta(rng.integers(0, 20, rows), "D"),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def synth() -> synth_dl.Synthesizer:
    return synth_dl.fit(table(4000), model="chow_liu", rules=RULES, progress=False)


@pytest.fixture(scope="module")
def draws(synth: synth_dl.Synthesizer) -> pd.DataFrame:
    return synth.sample(300_000, seed=5)


def broken(synth: synth_dl.Synthesizer, rows: pd.DataFrame) -> int:
    return sum(synth.codec.rules.counts(rows).values())


def distance(one: pd.Series, other: pd.Series) -> float:
    """Total variation of two samples of few values."""
    shares = [each.value_counts(normalize=True) for each in (one, other)]
    return float(shares[0].sub(shares[1], fill_value=0).abs().sum() / 2)


@pytest.mark.parametrize(
    ("known", "columns"),
    [
        ({"high": 5}, ["low", "kind"]),
        ({"high": 1}, ["low", "kind"]),
        ({"total": 9}, ["a", "b"]),
        ({"note": "p"}, ["kind", "low"]),
        ({"high": 4, "total": 6, "note": "q"}, ["low", "a"]),
        ({"end": "2024-02-10"}, ["start", "mid"]),
    ],
)
def test_what_lacks_is_drawn_as_among_all_draws_that_have_the_known_cells(
    synth: synth_dl.Synthesizer, draws: pd.DataFrame, known: dict[str, Any], columns: list[str]
) -> None:
    meets = np.ones(len(draws), bool)
    for name, value in known.items():
        meets &= (draws[name] == value).to_numpy(bool, na_value=False)
    drawn = synth.sample(3000, where=known, seed=1)
    assert all((drawn[name] == value).all() for name, value in known.items())
    assert broken(synth, drawn) == 0
    for name in columns:
        noise = np.sqrt(draws[name].nunique() / min(int(meets.sum()), 6000))
        assert distance(drawn[name], draws.loc[meets, name]) < 0.03 + noise / 2


def test_holes_under_rules_are_filled_and_given_cells_stay(synth: synth_dl.Synthesizer) -> None:
    fresh = table(260, seed=3)
    holes, rng = fresh.copy(), np.random.default_rng(0)
    for name in ("low", "kind", "a", "b", "start", "mid"):
        holes[name] = holes[name].astype("object").where(rng.random(len(holes)) < 0.5, None)
    tables = synth.impute(holes, draws=2, seed=4)
    for filled in tables:
        assert broken(synth, filled) == 0
        assert not filled.drop(columns="note").isna().to_numpy().any()
        for name in holes:
            known = holes[name].notna().to_numpy()
            assert (filled[name].astype(str)[known] == fresh[name].astype(str)[known]).all()
    assert (tables[0]["low"] != tables[1]["low"]).any()
    pd.testing.assert_frame_equal(tables[0], synth.impute(holes, seed=4))
    kept = synth.sample(given=fresh, keep=["high", "total", "end", "note"], seed=2)
    assert broken(synth, kept) == 0
    assert (kept["total"] == fresh["total"]).all()
    assert (kept["low"] != fresh["low"]).any()


def test_a_part_of_the_rows_is_the_same_as_in_all(synth: synth_dl.Synthesizer) -> None:
    whole = synth.sample(2200, where={"high": 5, "total": 9}, seed=3)
    part = synth.sample(2200, where={"high": 5, "total": 9}, seed=3, rows=(1990, 2190))
    pd.testing.assert_frame_equal(whole.iloc[1990:2190].reset_index(drop=True), part)


def test_values_that_nothing_stands_beside_are_refused(synth: synth_dl.Synthesizer) -> None:
    with pytest.raises(ConfigError, match=r"where: no value of 'low' .* beside 'high' = -3; corr"):
        synth.sample(10, where={"high": -3})
    rows = pd.DataFrame({"high": [5, 6, -3]})
    with pytest.raises(ConfigError, match=r"given: no value of 'low' .* = -3 of row 3; correct it"):
        synth.impute(rows)
    with pytest.raises(ConfigError, match="where: column 'high' is drawn beside 'low'"):
        synth.sample(10, where={"high": 5}, balance="kind")
    with pytest.raises(ConfigError, match="where: column 'high' is drawn beside 'low'"):
        synth.probability({"high": 5})


def test_a_family_without_probabilities_refuses(tmp_path: Path, capsys: Any) -> None:
    gan = synth_dl.fit(table(300), model="gan", rules=RULES, progress=False, trainer__steps=2)
    with pytest.raises(ConfigError, match="given: column 'high' is drawn beside 'low' by"):
        gan.sample(given=pd.DataFrame({"high": [5]}))
    gan.save(tmp_path / "gan")
    out = tmp_path / "rows.csv"
    assert sample([f"artifact={tmp_path / 'gan'}", "where.high=5", "n=9", f"out={out}"]) == 2
    assert "where: column 'high' is drawn beside 'low'" in capsys.readouterr().err
    assert not out.exists()


def test_predictions_say_which_known_columns_they_pass_over(
    synth: synth_dl.Synthesizer, caplog: pytest.LogCaptureFixture
) -> None:
    synth.predict(table(5).drop(columns="high"), "low")
    assert not caplog.messages
    synth.predict(table(5), "low")
    assert caplog.messages == [
        "high of the rows is not used, as the rule 'low <= high' tells it from low; train without "
        "the rule to predict by it"
    ]
