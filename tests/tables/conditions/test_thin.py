"""Regions where real rows are thin, in words, and the rows that fill them."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.conditions import OneOf, Range
from synth_dl.tables.conditions.thin import thin_regions

ROWS = 3000


def table() -> pd.DataFrame:
    """Ages that are mostly old, of which the young are in one of three kinds only."""
    rng = np.random.default_rng(5)
    young = rng.random(ROWS) < 0.03
    return pd.DataFrame({
        "age": np.where(young, rng.integers(17, 23, ROWS), rng.integers(23, 60, ROWS)),
        "kind": np.where(young, "self", rng.choice(["state", "firm"], ROWS)),
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 30, ROWS), "D"),
        "half": pd.Series(rng.choice(["u", "v"], ROWS)).mask(rng.random(ROWS) < 0.34),
    })  # fmt: skip


@pytest.fixture(scope="module")
def synth() -> synth_dl.Synthesizer:
    return synth_dl.fit(table(), model="chow_liu", progress=False)


@pytest.fixture(scope="module")
def artifact(synth: synth_dl.Synthesizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "thin"
    synth.save(folder)
    return folder


def test_regions_hold_the_rows_of_their_condition_and_the_thinnest_comes_first(
    synth: synth_dl.Synthesizer,
) -> None:
    frame = table()
    log_prob = synth.log_prob(frame)
    regions = thin_regions(frame, log_prob, synth.codec.schema, frame.columns)
    means = []
    for region in regions:
        inside = np.ones(ROWS, bool)
        for name, asked in region.where.items():
            cells = frame[name]
            if isinstance(asked, Range):
                low = True if asked.low is None else cells >= asked.low
                inside &= low & (True if asked.high is None else cells <= asked.high)
            else:
                assert isinstance(asked, OneOf)
                inside &= cells.isin(asked.values) | (cells.isna() & (None in asked.values))
        assert inside.sum() == region.real
        means.append(log_prob[inside].mean())
    assert means == sorted(means)
    assert len({region.real + region.drawn for region in regions}) == 1
    assert regions[0].words.startswith(("kind self", "age up to 22"))


def test_the_command_fills_them_and_says_which_they_are(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = table()
    frame.to_csv("real.csv", index=False)
    assert sample([f"artifact={artifact}", "fill=thin", "real=real.csv", "out=f.parquet"]) == 0
    said = capsys.readouterr().out
    regions = thin_regions(frame, synth.log_prob(frame), synth.codec.schema, frame.columns)
    for region in regions:
        assert re.search(rf"^{re.escape(region.words)} +{region.real} +{region.drawn} ", said, re.M)
    filled = pd.read_parquet("f.parquet")
    assert len(filled) == sum(region.drawn for region in regions)
    first = 0
    for region in regions:
        rows = filled.iloc[first : first + region.drawn]
        first += region.drawn
        for name, asked in region.where.items():
            if isinstance(asked, OneOf):
                allowed = [value for value in asked.values if value is not None]
                assert (rows[name].isin(allowed) | rows[name].isna()).all()
                assert None in asked.values or not rows[name].isna().any()
            else:
                assert asked.low is None or (rows[name] >= asked.low).all()
                assert asked.high is None or (rows[name] <= asked.high).all()
    assert_frame_equal(synth.sample(fill="thin", real=frame), filled)
    cut = regions[0].drawn
    part = synth.sample(fill="thin", real=frame, rows=(cut - 2, cut + 3))
    assert_frame_equal(part, filled.iloc[cut - 2 : cut + 3].reset_index(drop=True))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["fill=thin"], "fill without real; add real="),
        (["fill=thick", "real=real.csv"], "fill=thick: choose fill=thin"),
        (["fill=thin", "real=real.csv", "n=3"], "fill and n exclude each other"),
        (["fill=thin", "real=real.csv", "balance=kind"], "fill and balance exclude each other"),
        (["fill=thin", "real=few.csv"], "needs at least 80 real rows"),
        (["fill=thin", "real=less.csv"], "less.csv has no column 'age', and regions are found"),
        (["fill=thin", "real=none.csv"], "none.csv"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], reason: str, artifact: Path, refused: Callable[..., str]
) -> None:
    frame = table()
    frame.to_csv("real.csv", index=False)
    frame.head(50).to_csv("few.csv", index=False)
    frame.drop(columns="age").to_csv("less.csv", index=False)
    assert reason in refused(f"artifact={artifact}", *words)


def test_what_is_said_of_a_region_names_the_option_that_asked_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    frame = table()
    synth = synth_dl.fit(frame, model="distributions", progress=False)
    odd = (frame["kind"] == "self") & (frame["age"] < 22)
    real = frame[odd | (frame.index % 4 == 0)]
    synth.sample(fill="thin", real=real)
    assert "fill=thin: what is asked for has a probability of" in caplog.text
    assert "where:" not in caplog.text
    assert "loosen" not in caplog.text


def test_rows_that_the_model_does_not_know_count_for_no_region(
    synth: synth_dl.Synthesizer, caplog: pytest.LogCaptureFixture
) -> None:
    frame = table()
    frame.loc[:200, "kind"] = "new"
    rows = synth.sample(fill="thin", real=frame)
    assert "new" not in set(rows["kind"])
    assert "201 rows have categories that the model does not know" in caplog.text


def test_a_network_will_do_but_no_table_without_ranges_and_no_family_without_density() -> None:
    frame = pd.DataFrame({"a": ["x", "y"] * 100})
    synth = synth_dl.fit(frame, model="chow_liu", progress=False)
    with pytest.raises(DataError, match="no region has fewer real rows than the others"):
        synth.sample(fill="thin", real=frame)
    exact = synth_dl.fit(table(), trainer__steps=2, network__width=8, progress=False)
    assert len(exact.sample(fill="thin", real=table()))
    gan = synth_dl.fit(frame, model="gan", trainer__steps=1, network__width=8, progress=False)
    with pytest.raises(ConfigError):
        gan.sample(fill="thin", real=frame)


def test_rows_beside_real_ones_have_other_keys() -> None:
    rng = np.random.default_rng(4)
    real = pd.DataFrame({
        "id": np.arange(1, 501), "kind": np.where(rng.random(500) < 0.1, "few", "many"),
        "size": rng.normal(size=500).round(1),
    })  # fmt: skip
    synth = synth_dl.fit(real, model="chow_liu", progress=False)
    for asked in ({"top_up": "kind"}, {"fill": "thin"}):
        drawn = synth.sample(real=real, **asked)
        assert pd.concat([real, drawn])["id"].is_unique, asked


def test_a_region_that_the_model_finds_impossible_names_the_option() -> None:
    rng = np.random.default_rng(1)
    a = rng.choice(["p", "q"], 4000)
    frame = pd.DataFrame({"a": a, "b": np.where(a == "p", "x", "y"), "c": rng.normal(size=4000)})
    synth = synth_dl.fit(frame, model="chow_liu", progress=False)
    real = frame.head(200).assign(b=frame["b"].where(frame.index % 5 > 0, "x"))
    with pytest.raises(ConfigError, match=r"^fill=thin: what is said of .* train on more$"):
        synth.sample(fill="thin", real=real)
