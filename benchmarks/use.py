"""A model put to use, on Adult: what conditions cost, and whether rows under them are the model's.

    python benchmarks/use.py
    python benchmarks/use.py --run runs/adult --draws 1000000

Trains as `adult.py` does, unless `--run` names a run. Then prints a line of JSON a condition:

- `where_speed`: rows a second under conditions that hold in about one row of 10,000, and of rows
  without one, each the best of three that were measured in turn;
- `where_auc`: two-sample AUC of rows under a condition against those of `--draws` rows of the same
  model, drawn without one, that meet it. 0.5 is best; `floor` is that of two halves of the latter;
- `predict_proba` of the income of the test rows: AUC and log-loss, and those of LightGBM;
- `imputation` of Adult's test rows and of a fifth of California's, see `imputation.py`.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
from adult_files import COLUMNS, adult_words, write_adult
from imputation import imputation
from lightgbm import LGBMClassifier
from measuring import commit, data_file, print_line, train
from sklearn.metrics import log_loss, roc_auc_score

import synth_dl
from synth_dl import Not
from synth_dl.metrics.two_sample import two_sample_auc
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.reading.table import read_table

FIGURES = ("where", "predict_proba", "imputation")
SPEED_ROWS, TIMES = 40_000, 3
COMPARED, AUC_SEEDS, DRAWN_AT_ONCE = 20_000, 3, 100_000
SELDOM: tuple[Mapping[str, Any], ...] = (
    {"fnlwgt": (100_000, 100_030)},
    {"native-country": {"Scotland", "Honduras"}, "sex": "Female", "age": (17, 40)},
    {"age": (80, None), "education": {"Masters", "Doctorate"}, "income": Not("<=50K")},
)
OFTEN: tuple[tuple[Mapping[str, Any], Callable[[pd.DataFrame], Any]], ...] = (
    ({"age": (17, 25)}, lambda rows: rows["age"].between(17, 25)),
    ({"sex": Not("Male")}, lambda rows: rows["sex"] != "Male"),
    ({"hours-per-week": (45, 60)}, lambda rows: rows["hours-per-week"].between(45, 60)),
    (
        {"education": {"Bachelors", "Masters"}, "income": Not(">50K"), "age": (30, None)},
        lambda rows: (
            rows["education"].isin(["Bachelors", "Masters"])
            & (rows["income"] != ">50K")
            & (rows["age"] >= 30)
        ),
    ),
    ({"capital-gain": (1, None)}, lambda rows: rows["capital-gain"] >= 1),
)


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--run", type=Path, help="of Adult; trained anew if not given")
    parser.add_argument("--seed", type=int, default=0, help="of the training and the draws")
    parser.add_argument("--draws", type=int, default=1_000_000, help="without a condition")
    parser.add_argument("--only", nargs="+", choices=FIGURES, default=FIGURES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run = arguments.run
        if run is None:
            run = Path(temporary) / "run"
            train(run, *adult_words(*write_adult(Path(temporary))), f"seed={arguments.seed}")
        synth = synth_dl.load(run / "artifact")
    shared = {"table": "adult", "seed": arguments.seed, "commit": commit()}
    lines: list[Iterator[dict[str, Any]]] = []
    if "where" in arguments.only:
        lines += [where_speed(synth), where_auc(synth, arguments.draws, arguments.seed)]
    if "predict_proba" in arguments.only:
        lines.append(predict_proba(synth, arguments.seed))
    if "imputation" in arguments.only:
        lines.append(imputed_adult(synth, arguments.seed))
        lines.append(imputed_california(arguments.seed))
    for figures in chain(*lines):
        print_line(shared | figures)


def adult_frames(synth: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows, in the types of the model."""
    with tempfile.TemporaryDirectory() as temporary:
        paths = write_adult(Path(temporary))
        schema = synth.codec.schema
        train, test = (
            read_table(each, columns=list(COLUMNS), schema=schema).frame for each in paths
        )
    return train, test


def predict_proba(synth: Any, seed: int) -> Iterator[dict[str, Any]]:
    """How well the model and LightGBM tell the income of the test rows."""
    train, test = adult_frames(synth)
    started = time.perf_counter()
    ours = synth.predict_proba(test, "income")[">50K"]
    seconds = time.perf_counter() - started
    learnt, asked = (
        frame.drop(columns="income").astype(
            {name: "category" for name in frame.select_dtypes("str") if name != "income"}
        )
        for frame in (train, test)
    )
    known, true = (frame["income"].astype(str) == ">50K" for frame in (train, test))
    for name in learnt.select_dtypes("category"):
        asked[name] = asked[name].cat.set_categories(learnt[name].cat.categories)
    trees = LGBMClassifier(random_state=seed, verbose=-1, n_jobs=2).fit(learnt, known)
    theirs = trees.predict_proba(asked)[:, 1]
    for name, found in (("synth_dl", ours), ("LightGBM", theirs)):
        yield {
            "figure": "predict_proba", "method": name, "auc": round(roc_auc_score(true, found), 4),
            "log_loss": round(log_loss(true, found), 4),
            **({"rows_per_second": round(len(test) / seconds)} if name == "synth_dl" else {}),
        }  # fmt: skip


def imputed_adult(synth: Any, seed: int) -> Iterator[dict[str, Any]]:
    """Test rows with holes."""
    for line in imputation(synth, *adult_frames(synth), seed):
        yield {"figure": "imputation", **line}


def imputed_california(seed: int) -> Iterator[dict[str, Any]]:
    """A fifth of the rows with holes, by a model of the others."""
    every = pd.read_csv(data_file("numbers/california_housing.csv"))
    every = every.sample(frac=1, random_state=seed).reset_index(drop=True)
    count = len(every) // 5
    holdout, rows = every.iloc[:count].reset_index(drop=True), every.iloc[count:]
    synth = synth_dl.fit(rows.reset_index(drop=True), seed=seed, progress=False)
    for line in imputation(synth, rows, holdout, seed):
        yield {"figure": "imputation", **line, "table": "california_housing"}


def where_speed(synth: Any) -> Iterator[dict[str, Any]]:
    """Rows a second under conditions that seldom hold, beside those without one."""
    for where in SELDOM:
        seconds: dict[str, list[float]] = {"free": [], "held": []}
        for _ in range(TIMES):
            for name, condition in (("free", None), ("held", where)):
                started = time.perf_counter()
                synth.sample(SPEED_ROWS, where=condition)
                seconds[name].append(time.perf_counter() - started)
        free, held = (round(SPEED_ROWS / min(each)) for each in seconds.values())
        yield {
            "figure": "where_speed", "where": str(where), "probability": synth.probability(where),
            "rows_per_second": held, "unconditional": free, "ratio": round(held / free, 3),
        }  # fmt: skip


def where_auc(synth: Any, draws: int, seed: int) -> Iterator[dict[str, Any]]:
    """Whether rows under a condition are told from those of free draws that meet it."""
    kept: list[list[pd.DataFrame]] = [[] for _ in OFTEN]
    for first in range(0, draws, DRAWN_AT_ONCE):
        last = min(draws, first + DRAWN_AT_ONCE)
        rows = synth.sample(draws, seed=seed + 1000, rows=(first, last))
        for own, (_, meets) in zip(kept, OFTEN, strict=True):
            own.append(rows[meets(rows).to_numpy(dtype=bool)])
    for own, (where, _) in zip(kept, OFTEN, strict=True):
        every = pd.concat(own, ignore_index=True)
        count = min(COMPARED, len(every) // 2)
        first, second = every.iloc[:count], every.iloc[count : 2 * count]
        drawn = synth.sample(count, where=where, seed=seed + 2000)
        size = synth.effective_sample_size
        figures = {
            "auc": _auc(synth, first, drawn),
            "floor": _auc(synth, first, second),
            "share": round(len(every) / draws, 5),
            "probability": round(synth.probability_of_where, 5),
            "effective": None if size is None else round(size["mean"] / size["particles"], 3),
        }
        yield {"figure": "where_auc", "where": str(where), "rows": count, **figures}


def _auc(synth: Any, real: pd.DataFrame, drawn: pd.DataFrame) -> float | None:
    """The mean over a few seeds."""
    frames = {"real": real.reset_index(drop=True), "synthetic": drawn.reset_index(drop=True)}
    tables = encode_tables(frames, synth.codec.schema)
    found = [two_sample_auc(tables["real"], tables["synthetic"], s) for s in range(AUC_SEEDS)]
    scores = [each.auc for each in found if each is not None]
    return round(sum(scores) / len(scores), 4) if scores else None


if __name__ == "__main__":
    main()
