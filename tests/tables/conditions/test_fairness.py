"""Rows under demographic parity and equalised odds, and what they cost."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import synth_dl
from synth_dl.cli import sample, train
from synth_dl.errors import ConfigError
from synth_dl.tables.conditions.fairness import gap

ROWS = 3000


def table(rows: int, seed: int) -> pd.DataFrame:
    """Sex and race that the outcome depends on, a prediction of it, and what it rests on."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows, p=[0.3, 0.7])
    race = rng.choice(["a", "b", "c"], rows, p=[0.7, 0.2, 0.1])
    skill = rng.normal(size=rows) + 0.8 * (sex == "M") + 0.5 * (race == "a")
    paid = np.where(skill + rng.normal(size=rows) > 1.5, "yes", "no")
    said = np.where(skill + 0.7 * rng.normal(size=rows) + 0.5 * (sex == "M") > 1.5, "hi", "lo")
    return pd.DataFrame({"sex": sex, "race": race, "skill": skill.round(1), "said": said,
                         "paid": paid, "same": "x"})  # fmt: skip


@pytest.fixture(scope="module")
def synth() -> synth_dl.Synthesizer:
    return synth_dl.fit(table(ROWS, 0), model="trees", progress=False)


@pytest.fixture(scope="module")
def artifact(synth: synth_dl.Synthesizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "fair"
    synth.save(folder)
    return folder


def rates(frame: pd.DataFrame, decision: str, within: list[str]) -> pd.DataFrame:
    return pd.crosstab([frame[name] for name in within], frame[decision], normalize="index")


@pytest.mark.parametrize("groups", [["sex"], ["sex", "race"]])
def test_under_parity_the_outcome_says_nothing_of_the_group(
    synth: synth_dl.Synthesizer, groups: list[str]
) -> None:
    n = 6000
    plain = synth.sample(n)
    fair = synth.sample(n, parity=("paid", groups))
    told = rates(fair, "paid", groups)["yes"]
    fewest = fair.groupby(groups).size().min()
    assert told.max() - told.min() <= 2 / fewest
    assert rates(plain, "paid", groups)["yes"].max() > told.max() + 0.02
    # Shares of outcomes and groups are those of the model, up to the noise of plain rows.
    assert told.mean() == pytest.approx((plain["paid"] == "yes").mean(), abs=0.03)
    shares = [frame.value_counts(groups, normalize=True) for frame in (plain, fair)]
    assert (shares[0] - shares[1]).abs().max() < 0.03


def test_shares_are_those_of_the_models_rows_in_whatever_order_it_has_learnt() -> None:
    """With the outcome last, a network of many orders hardly knows it given the group alone."""
    frame = table(ROWS, 0)[["skill", "race", "said", "sex", "paid"]]
    synth = synth_dl.fit(frame, trainer__steps=60, network__width=16, progress=False)
    plain, fair = synth.sample(6000, seed=5), synth.sample(6000, parity="paid|sex")
    for column in ("paid", "sex"):
        shares = [rows[column].value_counts(normalize=True) for rows in (plain, fair)]
        assert (shares[0] - shares[1]).abs().max() < 0.025


def test_other_columns_are_drawn_as_in_the_class(synth: synth_dl.Synthesizer) -> None:
    fair = synth.sample(6000, parity="paid|sex")
    women = fair[(fair["sex"] == "F") & (fair["paid"] == "yes")]
    same = synth.sample(len(women), where={"sex": "F", "paid": "yes"}, seed=3)
    spread = same["skill"].std() * np.sqrt(2 / len(women))
    assert abs(women["skill"].mean() - same["skill"].mean()) < 4 * spread


def test_under_equalised_odds_the_predictor_says_nothing_more(
    synth: synth_dl.Synthesizer,
) -> None:
    fair = synth.sample(6000, odds="paid|sex", predictor="said")
    for paid, rows in fair.groupby("paid"):
        told = rates(rows, "said", ["sex"])["hi"]
        assert abs(told["F"] - told["M"]) <= 2 / rows["sex"].value_counts().min(), paid
    # Outcome and group keep their relation, which parity would take away.
    assert np.ptp(rates(fair, "paid", ["sex"])["yes"]) > 0.1


def test_rows_are_the_same_in_parts_and_on_the_command_line(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path
) -> None:
    whole = synth.sample(5000, parity="paid|[sex,race]", seed=4)
    part = synth.sample(5000, parity="paid|[sex,race]", seed=4, rows=(4090, 4110))
    assert_frame_equal(part, whole.iloc[4090:4110].reset_index(drop=True))
    words = [f"artifact={artifact}", "n=5000", "seed=4", "parity=paid|[sex,race]", "out=o.parquet"]
    assert sample(words) == 0
    assert_frame_equal(pd.read_parquet("o.parquet"), whole)


def test_the_command_says_what_fairness_brought_and_cost(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table(1500, 1).to_csv("holdout.csv", index=False)
    words = [f"artifact={artifact}", "n=4000", "parity=paid|sex", "holdout=holdout.csv"]
    assert sample(words) == 0
    said = capsys.readouterr().out
    before, after = map(float, re.findall(r"([\d.e-]+) points in the model, ([\d.e-]+)", said)[0])
    assert before > 5
    assert after < 0.1
    moved = float(re.findall(r"cost: ([\d.]+)%", said)[0])
    assert 1 < moved < before
    plain, fair = re.findall(r"(?:model|rows) +([\d.]+)% +([\d.]+) points", said)
    assert float(fair[0]) <= float(plain[0]) + 1  # what is fair predicts unfair rows no better
    assert float(fair[1]) < float(plain[1])
    assert "on 1,500 rows of the holdout, from 4,000 rows each" in said


def test_the_gap_is_the_largest_between_groups_of_a_stratum() -> None:
    counts = np.array([[[8, 3, 0], [2, 7, 0]], [[5, 5, 1], [5, 5, 3]]])
    assert gap(counts) == pytest.approx(0.5)
    assert gap(counts[1:]) == pytest.approx(0.25)
    assert gap(counts[:1, :, :1]) == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["parity=paid"], "parity=paid: write parity=OUTCOME|GROUP, such as parity=income|sex"),
        (["parity=|sex"], "write parity=OUTCOME|GROUP"),
        (["parity=paid|paid"], "parity: column 'paid' is named twice"),
        (["parity=paid|sx"], "parity names 'sx', which is no column: did you mean 'sex'?"),
        (["parity=skill|sex"], "column 'skill' is a number of so many values"),
        (["parity=paid|same"], "column 'same' has one value, so there is nothing to balance"),
        (["parity=paid|sex", "where.race=a"], "parity and where exclude each other"),
        (["parity=paid|sex", "balance=race"], "parity and balance exclude each other"),
        (["parity=paid|sex", "odds=paid|sex", "predictor=said"], "parity and odds exclude"),
        (["odds=paid|sex"], "odds without predictor; add predictor=, the column"),
        (["odds=paid|sex", "predictor=sad"], "odds names 'sad', which is no column: did you mean"),
        (["odds=paid|sex", "predictor=sex"], "odds: column 'sex' is named twice"),
        (["predictor=said"], "predictor without odds; add odds="),
        (["holdout=h.csv"], "holdout judges what parity or odds cost; add one of them"),
        (["parity=paid|sex", "holdout=no.csv"], "no.csv"),
        (["parity=paid|sex", "holdout=h.csv"], "the holdout has fewer than two values of the grou"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], reason: str, artifact: Path, refused: Callable[..., str]
) -> None:
    one = table(200, 2)
    one[one["sex"] == "F"].to_csv("h.csv", index=False)
    assert reason in refused(f"artifact={artifact}", "n=50", *words)


@pytest.mark.parametrize("words", [["parity=paid|sex"], ["odds=paid|sex", "predictor=said"]])
@pytest.mark.parametrize("place", ["run/artifact", "run"])
def test_a_holdout_that_the_model_learnt_from_is_refused(
    words: list[str], place: str, folder: Path, refused: Callable[..., str]
) -> None:
    table(400, 2).to_csv("train.csv", index=False)
    named = ["data=csv", "data.path=train.csv", "model=chow_liu", "run_dir=run", "assess=false"]
    assert train(named) == 0
    error = refused(f"artifact={place}", "n=50", *words, "holdout=./train.csv")
    assert "holdout=./train.csv: the model was trained on this file, so it tells nothing" in error


@pytest.mark.parametrize("said", [3, ["paid"], ("paid", 3), ("paid", []), {"paid": "sex"}, ""])
def test_what_no_program_means_is_refused(synth: synth_dl.Synthesizer, said: Any) -> None:
    with pytest.raises(ConfigError, match=r"write parity=OUTCOME\|GROUP"):
        synth.sample(5, parity=said)


def test_classes_that_never_occur_are_drawn_and_named(caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(3)
    a = rng.choice(["p", "q"], 2000)
    frame = pd.DataFrame({"a": a, "b": np.where(a == "p", "x", rng.choice(["x", "y"], 2000))})
    synth = synth_dl.fit(frame, model="chow_liu", progress=False)
    fair = synth.sample(1000, parity="b|a")
    assert abs(np.diff(rates(fair, "b", ["a"])["y"])) < 0.01
    assert "parity: 1 of the 4 classes of b, a never occur" in caplog.text
    assert "such as (y, p)" in caplog.text
