"""The whole evaluation: references, notes, files, and tables that are hardly tables."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from synth_dl.errors import ConfigError, DataError
from synth_dl.metrics.page.page import report_page
from synth_dl.metrics.privacy.canaries import plant_canaries
from synth_dl.tables.evaluation import evaluate, write_report
from synth_dl.tables.evaluation.pictures import marginals_figure
from synth_dl.tables.schema import Column, Schema


def people(rows: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    age = generator.integers(18, 80, rows)
    income = np.exp(generator.normal(7 + age / 50, 0.3)).round(2)
    degree = np.where(income > 4_000, "$ master", "bachelor").astype(object)
    degree[generator.random(rows) < 0.1] = None
    return pd.DataFrame(
        {
            "id": [f"p{number}" for number in generator.permutation(rows)],
            "age": age,
            "income": income,
            "degree": degree,
            "since": pd.Timestamp("2000-01-01") + pd.to_timedelta(30 * age, unit="D"),
            "member": pd.array(income > 3_000, dtype="boolean"),
            "country": "NL",
            "remark": [None] * rows,
        }
    )


SCHEMA = Schema(
    (
        Column("id", "key", "str"),
        Column("age", "number", "int64", decimals=0),
        Column("income", "number", "float64", decimals=2),
        Column("degree", "category", "str"),
        Column("since", "datetime", "datetime64[us]"),
        Column("member", "boolean", "boolean"),
        Column("country", "constant", "str"),
        Column("remark", "empty", "object"),
    )
)


def test_a_report_sets_every_figure_beside_its_references(tmp_path: Path) -> None:
    real, holdout, synthetic = people(600, 0), people(400, 1), people(600, 2)
    report = evaluate(
        real,
        synthetic,
        schema=SCHEMA,
        holdout=holdout,
        target="member",
        likelihood={"holdout": -3.25, "train": None},
    )
    # A trivial reference.
    without = {"membership_auc_isolated", "attribute_inference_gain", "effective_rows"}
    for metric in report.metrics[:-2]:
        assert metric.synthetic is not None, metric.name
        assert metric.independent is not None or metric.name in without, metric.name
        assert metric.holdout is not None or metric.name == "two_sample_auc_gap"
    assert report["likelihood_holdout"].synthetic == -3.25
    assert report["likelihood_train"].synthetic is None
    assert report["trend_error"].independent > 2 * report["trend_error"].synthetic
    assert report["two_sample_auc_fresh"].independent > 0.8
    assert report["efficiency"].synthetic > 0.9
    assert any("Left out" in note and "id" in note for note in report.notes)
    files = write_report(report, tmp_path / "new" / "report")
    assert sorted(path.name for path in (tmp_path / "new" / "report").iterdir()) == [
        "marginals.png",
        "metrics.json",
        "pairs.png",
        "report.html",
    ]
    written = json.loads(files["metrics"].read_text(encoding="utf-8"))
    assert written == {"written_by": "synth_dl", **json.loads(json.dumps(report.to_dict()))}
    assert written["rows"] == {"real": 600, "synthetic": 600, "holdout": 400}
    assert written["metrics"]["shape_error"]["better"] == "lower"
    assert written["worst_pairs"][0]["trend_error"] >= written["worst_pairs"][1]["trend_error"]
    assert files["marginals"].read_bytes().startswith(b"\x89PNG")
    console = Console(width=140, file=io.StringIO())
    console.print(report.table())
    assert "independent columns" in console.file.getvalue()


def test_the_same_seed_gives_the_same_report() -> None:
    real, holdout, synthetic = people(200, 0), people(150, 1), people(250, 2)

    def figures() -> list[tuple[float | None, ...]]:
        report = evaluate(real, synthetic, schema=SCHEMA, holdout=holdout, target="age", seed=3)
        return [(one.synthetic, one.holdout, one.independent) for one in report.metrics]

    assert figures() == figures()


def test_copies_of_the_training_rows_are_told() -> None:
    real, holdout = people(500, 0), people(500, 1)
    report = evaluate(real, real.sample(frac=1, random_state=0), schema=SCHEMA, holdout=holdout)
    assert report["shape_error"].synthetic == 0.0
    assert report["nearer_train_share"].synthetic > 99
    assert report["exact_copies"].synthetic == 100.0
    assert report["two_sample_auc_gap"].synthetic > 0.05
    assert abs(report["nearer_train_share"].holdout - 50) < 15
    assert report["membership_auc"].synthetic > 0.95
    assert report["near_copies"].synthetic == 100.0
    known = report.facts["privacy"]
    assert known["membership"]["all"]["accused"]
    assert known["exact_copies"]["found"] == 500
    assert len(known["most_exposed"]) == 10
    assert any("Training rows are given away" in note for note in report.notes)


def test_fresh_rows_give_nobody_away() -> None:
    tables = [people(500, seed) for seed in range(4)]
    report = evaluate(
        tables[0], tables[1], schema=SCHEMA, holdout=tables[2], samples=[tables[3]], keys=["age"]
    )
    known = report.facts["privacy"]
    assert not known["membership"]["all"]["accused"]
    assert known["samples"] == 2
    assert known["keys"] == ["age"]
    assert not any("given away" in note for note in report.notes)
    with pytest.raises(DataError, match="did you mean 'age'"):
        evaluate(tables[0], tables[1], schema=SCHEMA, keys=["agee"])


def test_the_likelihood_of_the_generator_is_an_attack() -> None:
    real, made, holdout = people(400, 0), people(400, 1), people(400, 2)
    members = set(real["income"])

    def log_prob(rows: pd.DataFrame) -> np.ndarray:
        return np.array([float(income in members) for income in rows["income"]])

    report = evaluate(real, made, schema=SCHEMA, holdout=holdout, log_prob=log_prob)
    found = report.facts["privacy"]["membership"]["all"]
    assert found["auc"]["attack"] == "likelihood ratio"
    assert found["accused"]
    assert not report.facts["privacy"]["membership"]["rows"]["accused"]
    assert "takes the model itself" in report_page(report)


def test_a_holdout_that_is_none_is_counted_and_said() -> None:
    real, made = people(300, 0), people(300, 1)
    report = evaluate(real, made, schema=SCHEMA, holdout=real)
    assert report["membership_auc"].synthetic is None
    assert "too few rows" in report["membership_auc"].note
    half = pd.concat([real.head(150), people(150, 2)])
    report = evaluate(real, made, schema=SCHEMA, holdout=half)
    assert any("stand in the training part and in the holdout too" in note for note in report.notes)
    older = people(300, 2).assign(age=lambda frame: frame["age"] + 30)
    report = evaluate(real, made, schema=SCHEMA, holdout=older)
    assert report["membership_auc"].synthetic is None
    assert "permutation check" in report["membership_auc"].note


def test_planted_canaries_are_judged_by_themselves() -> None:
    real, holdout = people(500, 0), people(500, 1)
    canaries = plant_canaries(real, count=30, repeats=10)
    both = canaries.planted, canaries.withheld
    copied = pd.concat([people(400, 2), canaries.planted])
    report = evaluate(canaries.training, copied, schema=SCHEMA, holdout=holdout, canaries=both)
    assert report["membership_auc_canaries"].synthetic > 0.9


def test_without_a_holdout_the_report_says_what_it_cannot_tell() -> None:
    report = evaluate(people(100, 0), people(100, 2), schema=SCHEMA, target="member")
    for name in ("two_sample_auc_fresh", "two_sample_auc_gap", "efficiency", "nearer_train_share"):
        assert report[name].synthetic is None
    assert report["two_sample_auc_train"].synthetic is not None
    assert all(metric.holdout is None for metric in report.metrics)
    assert any(note.startswith("Without a holdout") for note in report.notes)


def test_a_model_of_the_user_learns_too() -> None:
    tables = [people(200, seed) for seed in range(3)]
    path = "sklearn.neighbors.KNeighborsClassifier"
    more = {"schema": SCHEMA, "holdout": tables[2], "target": "member"}
    report = evaluate(tables[0], tables[1], estimator=path, **more)
    assert report["efficiency_KNeighborsClassifier"].synthetic > 0.8
    assert report["efficiency_linear"].synthetic > 0.8
    assert set(report.facts["utility_of_columns"]) >= {"age", "income", "member"}
    for path in ("sklearn.neighbors.Nothing", "nowhere.Model", "pathlib.Path", "SVC"):
        with pytest.raises(ConfigError, match="such as sklearn"):
            evaluate(tables[0], tables[1], estimator=path, **more)


def test_fairness_towards_the_target_is_judged_where_columns_are_sensitive() -> None:
    tables = [people(300, seed) for seed in range(3)]
    more = {"schema": SCHEMA, "holdout": tables[2], "sensitive": ["degree"]}
    report = evaluate(tables[0], tables[1], target="member", **more)
    assert report["parity_gap"].synthetic > 10
    assert report["model_odds_gap"].holdout is not None
    assert len(report.facts["groups"]) == 3
    with pytest.raises(ConfigError, match="target=COLUMN"):
        evaluate(tables[0], tables[1], **more)
    with pytest.raises(DataError, match="did you mean 'degree'"):
        evaluate(tables[0], tables[1], target="member", **{**more, "sensitive": ["degre"]})


def test_without_a_target_the_report_says_so() -> None:
    report = evaluate(people(80, 0), people(80, 2), schema=SCHEMA, holdout=people(80, 1))
    assert report["efficiency"].synthetic is None
    assert any("Without a target" in note for note in report.notes)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("incme", "did you mean 'income'"),
        ("id", "key or free text"),
        ("country", "fewer than two values"),
        ("remark", "fewer than two values"),
    ],
)
def test_a_target_that_cannot_be_predicted_is_refused(target: str, words: str) -> None:
    real = people(60, 0)
    with pytest.raises(DataError, match=words):
        evaluate(real, real, schema=SCHEMA, holdout=real, target=target)


def test_tables_that_do_not_fit_are_refused() -> None:
    real = people(60, 0)
    with pytest.raises(DataError, match="synthetic table lacks the column 'age'"):
        evaluate(real, real.drop(columns="age"), schema=SCHEMA)
    with pytest.raises(DataError, match="holdout table has the column 'extra'"):
        evaluate(real, real, schema=SCHEMA, holdout=real.assign(extra=1))
    with pytest.raises(DataError, match="the synthetic table is of type int; give a DataFrame"):
        evaluate(real, 5, schema=SCHEMA)
    with pytest.raises(DataError, match="synthetic table has no rows"):
        evaluate(real, real.iloc[:0], schema=SCHEMA)


def numbers_only(rows: int, seed: int) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, 3)), columns=list("abc"))


def categories_only(rows: int, seed: int) -> pd.DataFrame:
    return pd.DataFrame(
        np.random.default_rng(seed).choice(["x", "y"], size=(rows, 3)), columns=list("abc")
    )


@pytest.mark.parametrize("rows", [1, 2, 10, 40])
@pytest.mark.parametrize(
    ("make", "kind"), [(numbers_only, "number"), (categories_only, "category")]
)
def test_small_and_one_sided_tables_are_evaluated(rows: int, make, kind: str) -> None:
    schema = Schema(tuple(Column(name, kind, "object") for name in "abc"))
    real, holdout, synthetic = make(30, 0), make(rows, 1), make(rows, 2)
    report = evaluate(real, synthetic, schema=schema, holdout=holdout, target="c")
    json.dumps(report.to_dict(), allow_nan=False)
    assert any("uncertain" in note for note in report.notes)


def test_one_column_and_a_column_that_is_missing_on_one_side() -> None:
    schema = Schema((Column("a", "number", "float64"),))
    real, synthetic = numbers_only(60, 0)[["a"]], pd.DataFrame({"a": [np.nan] * 60})
    report = evaluate(
        real, synthetic, schema=schema, holdout=numbers_only(60, 1)[["a"]], target="a"
    )
    assert report["shape_error"].synthetic == 100.0
    assert report["missing_error"].synthetic == 100.0
    assert report["trend_error"].synthetic == 0.0
    assert report["efficiency"].synthetic is None
    json.dumps(report.to_dict(), allow_nan=False)
    tables = [numbers_only(60, seed)[["a"]] for seed in range(3)]
    report = evaluate(tables[0], tables[1], schema=schema, holdout=tables[2], target="a")
    assert report["efficiency_linear"].note == "there is no column besides a to learn from"


def test_the_picture_draws_each_compared_column() -> None:
    figure = marginals_figure(people(100, 0), people(80, 1), SCHEMA)
    titles = [panel.get_title(loc="left") for panel in figure.axes]
    assert [title.split("  ")[0] for title in titles if title] == [
        column.name for column in SCHEMA.columns if column.type != "key"
    ]
    assert len(marginals_figure(people(50, 0), people(50, 1), SCHEMA, max_columns=2).axes) == 2


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    real = people(60, 0)
    report = evaluate(real, real, schema=SCHEMA)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="choose another place"):
        write_report(report, tmp_path / "file" / "report")


def test_importing_the_evaluation_is_light() -> None:
    heavy = "{'lightgbm', 'sklearn', 'matplotlib', 'torch', 'scipy', 'rich'}"
    code = f"import sys, synth_dl.tables.evaluation; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
