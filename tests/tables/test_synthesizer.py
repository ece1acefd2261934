"""The Python API: three lines, probabilities that sum to one, and nothing left behind."""

import itertools
import logging
import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from mixed_table import SMALL, mixed_rows
from pandas.testing import assert_frame_equal

import synth_dl
from synth_dl.errors import ConfigError, DataError

QUICK = {"progress": False, "trainer__steps": 20, **SMALL}


def test_the_three_lines(mixed: pd.DataFrame, tmp_path: Path) -> None:
    synth = synth_dl.fit(mixed, max_time="60s", **QUICK)
    fake = synth.sample(1000, where={"income": ">50K"}, seed=1)
    synth.save(tmp_path / "model")
    assert list(fake.columns) == list(mixed.columns)
    assert (fake["income"] == ">50K").all()
    again = synth_dl.load(tmp_path / "model").sample(1000, where={"income": ">50K"}, seed=1)
    assert_frame_equal(fake, again)


def test_a_model_and_a_codec_are_enough(
    synth: synth_dl.Synthesizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth.model, "groups", None, raising=False)
    plain = synth_dl.Synthesizer(synth.model, synth.codec)
    assert len(plain.sample()) == 1000
    assert_frame_equal(plain.sample(20, seed=1), synth.sample(20, seed=1))
    with pytest.raises(ConfigError, match="nothing says how it was built; give groups="):
        plain.save(tmp_path / "model")
    monkeypatch.setattr(synth.model, "groups", synth._groups)
    plain.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model")
    assert_frame_equal(again.sample(20, seed=1), synth.sample(20, seed=1))


def test_fitting_leaves_the_program_around_it_as_it_was(
    mixed: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    loggers = ("pytorch_lightning", "lightning_fabric", "synth_dl", "lightning")
    before = (
        torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate(),
        list(warnings.filters), [logging.getLogger(name).level for name in loggers],
        list(logging.getLogger().handlers), torch.is_grad_enabled(), torch.get_default_dtype(),
    )  # fmt: skip
    synth = synth_dl.fit(mixed, **QUICK)
    synth.sample(10)
    synth.save(tmp_path / "model")
    synth_dl.load(tmp_path / "model").log_prob(mixed)
    assert before == (
        torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate(),
        list(warnings.filters), [logging.getLogger(name).level for name in loggers],
        list(logging.getLogger().handlers), torch.is_grad_enabled(), torch.get_default_dtype(),
    )  # fmt: skip
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_same_seed_gives_the_same_model(mixed: pd.DataFrame) -> None:
    first, second, third = (
        synth_dl.fit(mixed, seed=seed, **QUICK).sample(50) for seed in (3, 3, 4)
    )
    assert_frame_equal(first, second)
    assert not first.equals(third)


@pytest.mark.parametrize("rows", [12, 40])
def test_small_tables(rows: int) -> None:
    frame = mixed_rows(rows)
    synth = synth_dl.fit(frame, **QUICK)
    fake = synth.sample(30)
    assert list(fake.columns) == list(frame.columns)
    assert np.isfinite(synth.log_prob(frame)).all()


def test_columns_that_are_mostly_missing_or_seldom_true() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=400), "rare": rng.random(400) < 0.03})
    frame["gaps"] = pd.Series(rng.integers(0, 50, 400), dtype="Int64").mask(rng.random(400) < 0.95)
    frame["words"] = pd.Series(rng.choice(["a", "b"], 400)).mask(rng.random(400) < 0.9)
    fake = synth_dl.fit(frame, **QUICK).sample(2000)
    assert fake.dtypes.astype(str).to_list() == frame.dtypes.astype(str).to_list()
    assert abs(fake["gaps"].isna().mean() - 0.95) < 0.06
    assert 0.003 < fake["rare"].mean() < 0.09


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"trainer__epochs": -1}, "trainer.epochs=-1: it must be a number above 0"),
        ({"trainer__stepps": 5}, "did you mean 'trainer.steps'?"),
        ({"max_time": "soon"}, "max_time=soon: this is no length of time"),
        ({"max_time": "0s"}, "no length of time"),
        ({"model": "nothing"}, "choose model=autoregressive"),
        ({"seed": 1.5}, "whole number"),
        ({"min_count": 0}, "data.min_count=0"),
        ({"data__path": "x"}, "fit has no option 'data__path'"),
        ({"epochs": 3}, "such as trainer__epochs=5"),
        ({"trainer__accelerator": "tpu"}, "known are auto, cpu, gpu"),
        ({"trainer__validation": 2}, "share between 0 and 1"),
        ({"trainer__batch_size": 2.5}, "must be a whole number from 1 on"),
    ],
)
def test_bad_options_are_one_sentence(mixed: pd.DataFrame, options: dict, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        synth_dl.fit(mixed, **{**QUICK, **options})
    assert said in str(caught.value)


def test_tables_that_cannot_be_learnt_from(mixed: pd.DataFrame) -> None:
    for frame, said in (
        (mixed.head(1), "one row only"),
        (mixed.head(9), "at least 10 are needed"),
        (mixed[["land", "nothing"]], "no usable column"),
        (pd.concat([mixed, mixed[["age"]]], axis=1), "two columns are named 'age'"),
    ):
        with pytest.raises(DataError, match=said):
            synth_dl.fit(frame, **QUICK)


def test_a_run_folder_is_kept_and_never_written_over(mixed: pd.DataFrame, tmp_path: Path) -> None:
    synth_dl.fit(mixed, run_dir=tmp_path / "run", callbacks__pictures=0, **QUICK)
    assert (tmp_path / "run" / "train.log").stat().st_size
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    with pytest.raises(ConfigError, match="not empty"):
        synth_dl.fit(mixed, run_dir=tmp_path / "run", **QUICK)


def test_masses_sum_to_one() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"n": rng.integers(0, 3, 200), "c": rng.choice(["x", "y"], 200)})
    frame["b"] = pd.Series(rng.random(200) < 0.5, dtype="boolean").mask(rng.random(200) < 0.2)
    frame["d"] = np.round(rng.choice([0.25, 0.5, 1.75], 200), 2)
    synth = synth_dl.fit(frame, **QUICK)
    cells = itertools.product(range(3), "xy", (True, False, None), (0.25, 0.5, 1.75))
    every = pd.DataFrame(list(cells), columns=list("ncbd")).astype({"b": "boolean"})
    assert np.exp(synth.log_prob(every)).sum() == pytest.approx(1, abs=1e-4)


def test_masses_of_a_wide_column_of_integers_sum_to_one() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"pay": rng.gamma(2, 300, 800).astype(int), "c": rng.choice(["x"], 800)})
    frame.loc[:150, "pay"] = 0
    synth = synth_dl.fit(frame, **QUICK)
    every = pd.DataFrame({"pay": np.arange(frame["pay"].max() + 1), "c": "x"})
    nats = synth.log_prob(every)
    assert np.exp(nats[nats < 0]).sum() == pytest.approx(1, abs=1e-4)  # 0 nats: beyond the model


def test_a_density_integrates_to_one() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=600) * np.pi, "c": rng.choice(["u", "v"], 600)})
    synth = synth_dl.fit(frame, **QUICK)
    grid = np.linspace(-14, 14, 200_001)
    total = 0.0
    for value in "uv":
        intervals = [each for each in synth.codec.labels(0) if isinstance(each, pd.Interval)]
        inside = grid[(grid >= intervals[0].left) & (grid < intervals[-1].right)]
        nats = synth.log_prob(pd.DataFrame({"x": inside, "c": value}))
        total += float(np.exp(nats).sum() * (grid[1] - grid[0]))
    assert total == pytest.approx(1, abs=0.01)


def test_unseen_values_count_as_unknown_with_one_warning(
    synth: synth_dl.Synthesizer, mixed: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    known = mixed[mixed["weight.kg"].between(60, 80) & mixed["age"].between(30, 60)].head(5).copy()
    known["marital-status"] = "single"
    strange = known.assign(**{"marital-status": "it is complicated", "age": 900})
    blank = known.drop(columns=["marital-status", "age"])
    nats = synth.log_prob(strange)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "age, marital-status" in caplog.text
    np.testing.assert_allclose(nats, synth.log_prob(blank), rtol=1e-5)
    assert (nats > synth.log_prob(known)).any()


def test_predictions_sum_to_one_under_the_right_labels(
    synth: synth_dl.Synthesizer, mixed: pd.DataFrame
) -> None:
    for column, labels in (
        ("income", ["<=50K", ">50K"]),
        ("marital-status", ["divorced", "married", "single"]),
        ("smokes", [False, True]),
        ("sons", [0, 1, 2, 3]),
    ):
        for frame in (mixed, mixed.drop(columns=column), mixed[["age"]]):
            found = synth.predict_proba(frame, column)
            assert list(found.columns) == labels
            np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    indexed = mixed.head(3).set_axis(["a", "b", "c"])
    assert list(synth.predict_proba(indexed, "weight.kg").index) == ["a", "b", "c"]
    assert synth.predict_proba(mixed.head(0), "income").shape == (0, 2)
    assert synth.log_prob(mixed.head(0)).shape == (0,)
    for column, said in (("land", "one value"), ("zip", "cannot be predicted"), ("x", "no column")):
        with pytest.raises(ConfigError, match=said):
            synth.predict_proba(mixed, column)


def test_a_column_that_the_model_knows_nothing_of_is_not_predicted() -> None:
    frame = mixed_rows(12)
    frame["rank"] = pd.Categorical(range(12), ordered=True)
    synth = synth_dl.fit(frame, **QUICK)
    for column in ("age", "weight.kg"):  # of so few rows one interval is known
        assert synth.predict_proba(frame, column).to_numpy().tolist() == [[1]] * 12
    with pytest.raises(ConfigError, match=r"no value of column 'rank'.*\(at least 5"):
        synth.predict_proba(frame, "rank")
    for column, said in (
        ("land", "one value only"), ("nothing", "missing in every row"),
        ("joined", "type datetime, which cannot be predicted"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=f"column '{column}' .*{said}"):
            synth.predict_proba(frame, column)


@pytest.mark.parametrize("rows", [3, [3], "rows.csv"])
def test_what_is_no_table_is_refused(synth: synth_dl.Synthesizer, rows: Any) -> None:
    for ask in (synth.log_prob, synth.impute, lambda frame: synth.predict_proba(frame, "income")):
        with pytest.raises(DataError, match="give a DataFrame of pandas or polars"):
            ask(rows)


def test_a_column_of_many_categories_is_predicted_one_by_one() -> None:
    rng = np.random.default_rng(4)
    place = rng.permutation(np.repeat(np.arange(300), 6))
    frame = pd.DataFrame({"place": [f"p{k:03d}" for k in place], "half": place >= 150})
    synth = synth_dl.fit(frame, progress=False, trainer__steps=300, network__width=32)
    found = synth.predict_proba(frame.head(20), "place")
    assert sorted(found.columns) == [f"p{k:03d}" for k in range(300)]
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    upper = found[[f"p{k:03d}" for k in range(150, 300)]].sum(axis=1)
    assert (upper[frame["half"].head(20)] > 0.6).all()


def test_missing_cells_are_filled_and_the_others_stay(
    synth: synth_dl.Synthesizer, mixed: pd.DataFrame
) -> None:
    rng = np.random.default_rng(6)
    holes = mixed.mask(rng.random(mixed.shape) < 0.3).astype({"sons": "Int64"})
    holes = holes.set_axis([f"row {k}" for k in range(len(holes))])
    full = synth.impute(holes, seed=2)
    assert list(full.index) == list(holes.index)
    assert list(full.columns) == list(mixed.columns)
    assert full["nothing"].isna().all()
    assert full.drop(columns="nothing").notna().all().all()
    for name in mixed.columns.drop("nothing"):
        known = holes[name].notna()
        assert str(full[name].dtype) == str(mixed[name].dtype), name
        assert (full[name][known] == holes[name][known].astype(mixed[name].dtype)).all()
    assert_frame_equal(full, synth.impute(holes, seed=2))
    assert not full.equals(synth.impute(holes, seed=3))
    assert synth.impute(mixed.head(0)).shape == (0, mixed.shape[1])
