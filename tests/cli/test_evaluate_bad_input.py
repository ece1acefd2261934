"""Input that cannot be judged: one sentence, exit status 2, and every file as it was."""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.cli import compare, evaluate

Run = Callable[..., tuple[int, str]]
ESTIMATORS = """
class Asks:
    def __init__(self, depth): ...
    def fit(self, X, y): ...
    def predict(self, X): ...

class Refuses:
    def __init__(self): raise RuntimeError("no licence was found")
    def fit(self, X, y): ...
    def predict(self, X): ...

class Fails(Refuses):
    def __init__(self): ...
    def fit(self, X, y): raise ValueError("these rows are not mine")

class Leaves(Fails):
    def fit(self, X, y): raise SystemExit("enough")

def function(): ...
"""


def rows(count: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, count)
    return pd.DataFrame(
        {
            "age": age,
            "hours a week": np.round(rng.normal(40, 8, count), 1),
            "work": rng.choice(["part", "full", "none"], count),
            "income": np.where(rng.random(count) < 0.2 + 0.5 * (age > 50), "high", "low"),
        }
    )


def written(name: str, frame: pd.DataFrame) -> None:
    frame.to_csv(name, index=False)


@pytest.fixture
def tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good files, and others that are bad each in its own way."""
    real, holdout, made = (rows(80, seed) for seed in range(3))
    constant = real.assign(**{"age": 1, "hours a week": 2.0, "work": "x", "income": "y"})
    planted = [True, False] * 5
    files = {
        "real": real,
        "holdout": holdout,
        "made": made,
        "fewer": made.drop(columns="age"),
        "more": made.assign(extra=1),
        "renamed": made.rename(columns={"hours a week": "hours-a-week"}),
        "texts": made.assign(age="old"),
        "no-rows": made[:0],
        "one-row": made[:1],
        "two-rows": made[:2],
        "one-class": holdout[holdout["income"] == "low"],
        "constant": constant,
        "constant-too": constant[:50],
        "canaries": real[:10].assign(planted=planted),
        "unmarked": real[:10],
        "all-planted": real[:10].assign(planted=True),
        "marked-otherwise": real[:10].assign(planted="perhaps"),
        "canaries-of-others": real[:10].drop(columns="age").assign(planted=planted),
    }
    for name, frame in files.items():
        written(f"{name}.csv", frame)
    Path("empty.csv").touch()
    Path("own_estimators.py").write_text(ESTIMATORS, encoding="utf-8")
    Path("broken_module.py").write_text("1 / 0", encoding="utf-8")
    Path("leaving_module.py").write_text("raise SystemExit(3)", encoding="utf-8")
    Path("wrong_module.py").write_text("def :", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr("sys.dont_write_bytecode", True)


@pytest.fixture
def run(tables: None, folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit status and errors of a command; no file may change where it refuses."""

    def tree() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def run(command: Callable[..., int], words: Sequence[str]) -> tuple[int, str]:
        before = tree()
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            status = command(list(words))
        errors = capsys.readouterr().err
        if status:
            assert status == 2, errors
            assert errors.startswith("error: ")
            assert errors.count("\n") == 1
            assert tree() == before
        else:
            assert errors == ""
        return status, errors

    return run


def words(**changed: str | None) -> list[str]:
    files = {"real": "real.csv", "holdout": "holdout.csv", "synthetic": "made.csv", **changed}
    return [f"{name}={value}" for name, value in files.items() if value is not None]


@pytest.mark.parametrize("role", ["synthetic", "holdout"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fewer", "fewer.csv: column 'age' of the schema is not in the file"),
        ("more", "more.csv: column 'extra' is not in the schema; remove it"),
        ("renamed", "column 'hours-a-week' is not in the schema; did you mean 'hours a week'"),
        ("texts", "texts.csv: line 2 holds 'old' in column 'age', which is declared as number"),
        ("no-rows", "no-rows.csv: the table has no rows"),
        ("one-row", "one-row.csv: the table has one row only"),
        ("two-rows", "table has 2 rows, from which nothing can be told: give 4 at least"),
        ("empty", "empty.csv: the file is empty"),
        ("nowhere", "nowhere.csv: there is no such file"),
    ],
)
def test_tables_that_do_not_go_with_the_real_one(role: str, name: str, said: str, run: Run) -> None:
    status, errors = run(evaluate, words(**{role: f"{name}.csv"}))
    assert status == 2
    assert said in errors


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"real": "two-rows.csv"}, "The real table has 2 rows"),
        ({"real": "constant.csv", "holdout": "constant-too.csv"}, "no usable column was found"),
        ({"real": "constant.csv", "holdout": None}, "no usable column was found"),
        ({"holdout": "real.csv"}, "holdout=real.csv: this is the file of the real rows itself"),
        ({"holdout": "one-class.csv", "target": "income"},
         "'income' has fewer than two values in the holdout"),
        ({"target": "incom"}, "did you mean 'income'?"),
        ({"target": "income", "task": "guessing"}, "choose classification or regression"),
        ({"keys": "[aeg]"}, "The key 'aeg' is no column that is compared: did you mean 'age'?"),
        ({"sensitive": "[wrok]", "target": "income"}, "did you mean 'work'?"),
        ({"sensitive": "[work]"}, "add target=COLUMN"),
        ({"keys": "[age,work,age]"}, "The key 'age' is named twice"),
        ({"keys": "[]"}, "An empty list names no key"),
        ({"sensitive": "[work,work]", "target": "income"}, "'work' is named twice"),
        ({"sensitive": "[]", "target": "income"}, "An empty list names no sensitive column"),
        ({"target": "[age,age]"}, "'age' is named twice"),
        ({"task": "regression"}, "task=regression: it says how the target is predicted: add tar"),
        ({"samples": "3"}, "add artifact=FOLDER, or leave samples out"),
        ({"samples": "1", "holdout": None}, "add holdout=FILE, fresh real rows, or leave samples"),
        ({"canaries": "unmarked.csv"}, "unmarked.csv: column 'planted' of the schema is not in"),
        ({"canaries": "all-planted.csv"}, "some rows have true and some false"),
        ({"canaries": "marked-otherwise.csv"}, "line 2 holds 'perhaps' in column 'planted'"),
        ({"canaries": "canaries-of-others.csv"}, "column 'age' of the schema is not in the file"),
        ({"canaries": "canaries.csv", "holdout": None}, "add holdout=FILE, or leave canaries out"),
        ({"samples": "0"}, "samples=0: it must be a whole number from 1 on"),
        ({"samples": "some"}, "samples=some: it must be a whole number from 1 on"),
        ({"synthetic": None}, "add synthetic=FILE"),
        ({"real": None}, "give run=FOLDER or real=FILE"),
        ({"verify": "made.csv"}, "leave real out"),
        ({"real": None, "holdout": None, "synthetic": None, "verify": "made.csv"},
         "made.csv: nothing in it or beside it says that it is synthetic"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged(changed: dict[str, str | None], said: str, run: Run) -> None:
    status, errors = run(evaluate, words(**changed))
    assert status == 2
    assert said in errors


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.Model", "No module named 'nowhere'"),
        ("sklearn.svm.SVX", "no attribute 'SVX'"),
        ("sklearn.svm", "not callable"),
        ("sklearn.svm.LinearSVCs", "did you mean sklearn.svm.LinearSVC?"),
        ("SVC", "there is no such class"),
        ("sklearn/svm.py:SVC", "there is no such class"),
        ("own_estimators.Asks", "missing 1 required positional argument: 'depth'"),
        ("own_estimators.Refuses", "no licence was found"),
        ("own_estimators.function", "it has no fit and predict"),
        ("builtins.int", "it has no fit and predict"),
        ("sklearn.preprocessing.StandardScaler", "it has no fit and predict"),
        ("broken_module.Model", "division by zero"),
        ("leaving_module.Model", "there is no such class"),
        ("wrong_module.Model", "invalid syntax"),
    ],
)
def test_estimators_that_are_none(path: str, said: str, run: Run) -> None:
    status, errors = run(evaluate, words(target="income", estimator=path))
    assert status == 2
    assert f"estimator={path}" in errors
    assert said in errors
    assert "sklearn.ensemble.RandomForestClassifier" in errors


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("own_estimators.Fails", "these rows are not mine"),
        ("own_estimators.Leaves", "enough"),
        ("sklearn.cluster.KMeans", "it could not learn 'income'"),
        ("sklearn.linear_model.LinearRegression", "it is a regressor, and the target 'income' is"),
    ],
)
def test_estimators_that_fail_on_the_rows(path: str, said: str, run: Run) -> None:
    status, errors = run(evaluate, words(target="income", estimator=path))
    assert status == 2
    assert f"estimator={path}" in errors
    assert said in errors


@pytest.mark.parametrize(
    ("lacking", "said"),
    [({"target": "income", "holdout": None}, "holdout=FILE"), ({}, "target=COLUMN")],
)
def test_an_estimator_that_nobody_would_ask(
    lacking: dict[str, str | None], said: str, run: Run
) -> None:
    status, errors = run(evaluate, words(estimator="sklearn.svm.SVC", **lacking))
    assert status == 2
    assert f"add {said}, or leave estimator out" in errors


def test_a_report_stands_there_already(run: Run) -> None:
    Path("report").mkdir()
    Path("report/metrics.json").write_text("{}", encoding="utf-8")
    status, errors = run(evaluate, words())
    assert status == 2
    assert "report/metrics.json: it exists already; add overwrite=true" in errors


def notes_of(folder: str = "report") -> str:
    return "\n".join(json.loads(Path(folder, "metrics.json").read_text(encoding="utf-8"))["notes"])


def test_rows_of_the_holdout_that_stand_in_the_real_table_are_counted_and_taken_out(
    run: Run,
) -> None:
    real, holdout = pd.read_csv("real.csv"), pd.read_csv("holdout.csv")
    written("overlapping.csv", pd.concat([holdout, real[:40]]))
    written("copies.csv", pd.concat([pd.read_csv("made.csv")[:40], real[40:]]))
    status, _ = run(evaluate, words(holdout="overlapping.csv", synthetic="copies.csv"))
    assert status == 0
    said = "40 of the 120 rows of the holdout stand in the real table too, where 0 would by chance"
    assert f"{said}; 40 were taken out." in notes_of()
    report = json.loads(Path("report/metrics.json").read_text(encoding="utf-8"))
    assert report["rows"]["holdout"] == 80
    # Otherwise a third of the fresh rows would be copies, and so many synthetic ones excused.
    copies = report["metrics"]["exact_copies"]
    assert (copies["synthetic"], copies["holdout"]) == (50.0, 0.0)


def test_a_holdout_of_real_rows_alone_is_none(run: Run) -> None:
    written("again.csv", pd.read_csv("real.csv")[::-1])
    status, errors = run(evaluate, words(holdout="again.csv"))
    assert status == 2
    assert "80 of the 80 rows of the holdout stand in the real table too, so that it" in errors


def test_categories_that_the_real_rows_never_had_are_told_of(run: Run) -> None:
    made, holdout = pd.read_csv("made.csv"), pd.read_csv("holdout.csv")
    made["work"] = [*made["work"][:70], *["freelance"] * 9, "retired"]
    holdout.loc[0, "work"] = "retired"
    written("new.csv", made)
    written("fresh.csv", holdout)
    status, _ = run(evaluate, words(synthetic="new.csv", holdout="fresh.csv", target="work"))
    assert status == 0
    said = "table that no real row has: 'work' has "
    assert f"Values of the synthetic {said}'freelance', 'retired' in 10 rows." in notes_of()
    assert f"Values of the holdout {said}'retired' in 1 row." in notes_of()


def test_without_a_holdout_it_is_said_what_cannot_be_told(run: Run) -> None:
    constant = pd.read_csv("made.csv").assign(work="full", income="low", age=30)
    written("constant-made.csv", constant)
    status, _ = run(evaluate, words(holdout=None, synthetic="constant-made.csv", target="income"))
    assert status == 0
    assert "Without a holdout this report cannot tell whether" in notes_of()
    assert "no real row has" not in notes_of()


REPORT = '{"metrics": {}, "columns": {}}'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required: RUN"),
        (["nowhere"], "there is no folder 'nowhere'"),
        (["made.csv"], "'made.csv' is a file of rows: add --real FILE"),
        (["old", "made.csv"], "'made.csv' is a file of rows: add --real FILE"),
        (["old", "nowhere"], "there is no 'nowhere': name reports"),
        (["old", "damaged"], "'damaged/metrics.json' is no report, or it is damaged"),
        (["old", "nothing"], "'nothing' has no report"),
        (["old", "--sort", "secnds"], "sort=secnds: no report has such a figure; did you mean sec"),
        (["old", "--sort", "xyz"], "sort=xyz: no report has such a figure; they have name"),
        (["old", "--real", "real.csv"], "--real is for files of synthetic rows"),
        (["made.csv", "--real="], "--real has no value"),
        (["made.csv", "--real", "nowhere.csv"], "nowhere.csv: there is no such file"),
        (["fewer.csv", "--real", "real.csv"], "column 'age' of the schema is not in the file"),
        (["two-rows.csv", "--real", "real.csv"], "The synthetic table has 2 rows"),
        (["made.csv", "--real", "real.csv", "--target", "incom"], "did you mean 'income'?"),
    ],
)
def test_nothing_to_compare(words: list[str], said: str, run: Run) -> None:
    for name, content in {"old": REPORT, "damaged": "{", "nothing": None}.items():
        Path(name).mkdir()
        if content is not None:
            Path(name, "metrics.json").write_text(content, encoding="utf-8")
    status, errors = run(compare, words)
    assert status == 2
    assert said in errors
