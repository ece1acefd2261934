"""A model put to use, on Adult: what conditions cost, and whether rows under them are the model's.

    python benchmarks/use.py
    python benchmarks/use.py --run runs/adult --draws 1000000

Trains as `adult.py` does, unless `--run` names a run. Then prints a line of JSON a condition:

- `where_speed`: rows a second under conditions that hold in about one row of 10,000, and of rows
  without one, each the best of three that were measured in turn;
- `where_auc`: two-sample AUC of rows under a condition against those of `--draws` rows of the same
  model, drawn without one, that meet it. 0.5 is best; `floor` is that of two halves of the latter.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
from adult_files import adult_words, write_adult
from measuring import commit, print_line, train

import synth_dl
from synth_dl import Not
from synth_dl.metrics.two_sample import two_sample_auc
from synth_dl.tables.evaluation.encoding import encode_tables

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
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run = arguments.run
        if run is None:
            run = Path(temporary) / "run"
            train(run, *adult_words(*write_adult(Path(temporary))), f"seed={arguments.seed}")
        synth = synth_dl.load(run / "artifact")
    shared = {"table": "adult", "seed": arguments.seed, "commit": commit()}
    for figures in chain(where_speed(synth), where_auc(synth, arguments.draws, arguments.seed)):
        print_line(shared | figures)


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
