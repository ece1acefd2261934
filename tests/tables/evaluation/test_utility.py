"""What models learn from synthetic rows, for one target and several, in Python and as a command."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.cli import evaluate as command
from synth_dl.errors import ConfigError, DataError
from synth_dl.metrics.page.page import report_page
from synth_dl.metrics.report import Report
from synth_dl.tables.evaluation import evaluate
from synth_dl.tables.reading.typed import infer_schema

OF_A_TARGET = {
    "efficiency",
    "efficiency_linear",
    "efficiency_tree",
    "efficiency_with_real",
    "effective_rows",
    "ranking_agreement",
    "importance_agreement",
    "calibration_error",
}


class NeedsText:
    """A model that fails at numbers."""

    def fit(self, features: np.ndarray, known: np.ndarray) -> None:
        raise RuntimeError("I learn <b>texts</b> only\nand nothing else")

    def predict(self, questions: np.ndarray) -> None: ...


def shops(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, rows)
    spent = (age * rng.uniform(0.5, 1.5, rows) + 5 * rng.normal(size=rows)).round(2)
    linear = np.where(spent + 8 * rng.normal(size=rows) > 50, "yes", "no")
    size = np.select([spent < 30, spent < 60], ["small", "middle"], "large")
    return pd.DataFrame({"age": age, "spent": spent, "linear": linear, "size": size})


def judged(*tables: pd.DataFrame, **options) -> Report:
    real, synthetic, holdout = tables or (shops(400, 0), shops(400, 1), shops(300, 2))
    return evaluate(real, synthetic, schema=infer_schema(real), holdout=holdout, **options)


@pytest.fixture(scope="module")
def three() -> Report:
    return judged(target=["linear", "spent", "size"])


def test_each_target_has_its_figures_and_the_first_has_plain_names(three: Report) -> None:
    names = [metric.name for metric in three.metrics]
    assert len(names) == len(set(names))
    for ending in ("", "_spent", "_size"):
        assert {f"{name}{ending}" for name in OF_A_TARGET} <= set(names)
    assert names.count("utility_of_columns") == 1
    assert three["efficiency"].unit == "AUC"
    assert three["efficiency_spent"].unit == "R2"
    assert three["efficiency_spent"].title == "efficiency on spent"
    assert three.facts["target"] == "linear"
    assert three.facts["targets"] == ["linear", "spent", "size"]
    assert list(three.facts["utility"]) == ["linear", "spent", "size"]
    for metric in three.metrics:
        if metric.name.startswith(("efficiency", "calibration", "utility")):
            assert metric.standard_error is not None, metric.name
    json.dumps(three.to_dict(), allow_nan=False)


def test_the_first_of_several_is_judged_as_alone(three: Report) -> None:
    alone = judged(target="linear")
    for metric in alone.metrics:
        again = three[metric.name]
        assert (again.synthetic, again.holdout, again.standard_error) == (
            metric.synthetic,
            metric.holdout,
            metric.standard_error,
        )
    assert judged(target=("linear",)).facts["targets"] == ["linear"]


def test_a_target_that_is_called_like_a_model_takes_no_name_away() -> None:
    report = judged(target=["size", "linear"])
    names = [metric.name for metric in report.metrics]
    assert len(names) == len(set(names))
    assert report["efficiency_linear"].title == "efficiency on size, linear"
    assert report["efficiency_linear_2"].title == "efficiency on linear"


def test_good_rows_agree_with_real_ones_and_shuffled_ones_do_not(three: Report) -> None:
    real = shops(400, 0)
    rng = np.random.default_rng(0)
    shuffled = real.apply(lambda column: rng.permutation(column.to_numpy()))
    bad = judged(real, shuffled, shops(300, 2), target="spent")
    for name in ("efficiency", "importance_agreement"):
        assert three[f"{name}_spent"].synthetic > bad[name].synthetic + 0.1
    assert bad["calibration_error"].synthetic > three["calibration_error_spent"].synthetic
    assert bad["efficiency_with_real"].synthetic < bad["efficiency_with_real"].holdout
    assert bad.facts["utility"]["spent"]["gain"]["value"] < 0
    found = three.facts["utility"]["spent"]
    assert found["models"]["boosted"]["synthetic"] == three["efficiency_spent"].synthetic
    assert set(found["importances"]) == {"age", "linear", "size"}
    assert sum(shares["real"] for shares in found["importances"].values()) == pytest.approx(100)
    low, high = found["learning_curve"]["interval"]
    assert low <= three["effective_rows_spent"].synthetic <= high
    assert sum(point["rows"] for point in found["reliability"]["real"]) == 300


def test_the_page_shows_each_target(three: Report) -> None:
    text = report_page(three)
    for target in ("linear", "spent", "size"):
        assert f"Models of {target}" in text
        assert f"what models of {target} say and what holds" in text
    assert text.count("data-importances") == 3
    assert text.count("ranks of the columns correlate") == 3
    assert "probability of" in text
    assert "probabilities of all classes" in text
    assert "rows alone" in text
    assert ">nan<" not in text


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (["linear", "linear"], "named twice"),
        (["linear", "siz"], "did you mean 'size'"),
        (["linear", "one"], "fewer than two values"),
        ([], "names no column"),
    ],
)
def test_targets_that_cannot_be_predicted_are_refused(target: list[str], sentence: str) -> None:
    tables = [shops(60, seed).assign(one=1.0) for seed in range(3)]
    with pytest.raises((DataError, ConfigError), match=sentence):
        judged(*tables, target=target)


def test_one_class_in_the_holdout_is_said_in_words() -> None:
    one = shops(300, 2).assign(linear="yes")
    report = judged(shops(200, 0), shops(200, 1), one, target=["linear", "spent"])
    assert report["efficiency"].synthetic is None
    assert any("linear has fewer than two values in the holdout" in note for note in report.notes)
    assert report["efficiency_spent"].synthetic is not None
    assert "could not be told" in report_page(report)
    lacking = judged(
        shops(200, 0), shops(200, 1).assign(linear=None), shops(200, 2), target="linear"
    )
    assert any("no synthetic row has a value of linear" in note for note in lacking.notes)
    constant = judged(
        shops(200, 0), shops(200, 1).assign(linear="no"), shops(200, 2), target="linear"
    )
    assert constant["efficiency"].synthetic == 0.5
    assert any("have one value of linear only" in note for note in constant.notes)


def test_a_model_of_the_user_learns_the_targets_that_it_is_made_for() -> None:
    tables = [shops(150, seed) for seed in range(3)]
    path = "sklearn.ensemble.RandomForestRegressor"
    report = judged(*tables, target=["linear", "spent"], estimator=path)
    assert report["efficiency_RandomForestRegressor_spent"].synthetic > 0.3
    names = {metric.name for metric in report.metrics}
    assert "efficiency_RandomForestRegressor" not in names
    again = judged(*tables, target=["linear", "spent"], estimator=path)
    name = "efficiency_RandomForestRegressor_spent"
    assert again[name].synthetic == report[name].synthetic
    assert "RandomForestRegressor" in report.facts["utility"]["spent"]["models"]
    report = judged(*tables, target="linear", estimator="sklearn.svm.SVC")  # no probabilities
    assert report["efficiency_SVC"].synthetic > 0.6
    with pytest.raises(ConfigError, match="a regressor, and the target 'linear' is classes"):
        judged(*tables, target="linear", estimator=path)
    with pytest.raises(ConfigError, match="a classifier, and the target 'spent' is a number"):
        judged(*tables, target="spent", estimator="sklearn.svm.SVC")
    with pytest.raises(ConfigError, match=r"learn 'spent' \(I learn <b>texts</b> only\)"):
        judged(*tables, target="spent", estimator=f"{__name__}.NeedsText")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for seed, name in enumerate(("real", "synthetic", "holdout")):
        table = shops(120, seed).rename(columns={"size": "size, of shop"}).assign(one=1)
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    words = [f"{name}={tmp_path}/{name}.csv" for name in ("real", "synthetic", "holdout")]
    return [*words, f"out={tmp_path}/report"]


def test_the_command_takes_a_list_of_targets(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command([*files, "target=[linear, spent, 'size, of shop']"]) == 0, (
        capsys.readouterr().err
    )
    found = json.loads((tmp_path / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert found["targets"] == ["linear", "spent", "size, of shop"]
    assert "efficiency_size, of shop" in found["metrics"]
    assert "efficiency on spent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("target=[linear,linear]", "named twice"),
        ("target=[linear,spnt]", "did you mean 'spent'"),
        ("target=[linear,one]", "fewer than two values"),
        ("target=[]", "names no column"),
        ("target=one", "fewer than two values"),
    ],
)
def test_the_command_refuses_targets_in_one_sentence(
    word: str, sentence: str, files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command([*files, word]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert sentence in said
    assert "Traceback" not in said
    assert not (tmp_path / "report").exists()
