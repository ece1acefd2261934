"""What differential privacy costs: five tables under four budgets.

    python benchmarks/privacy.py
    python benchmarks/privacy.py --only adult --epsilons 1 --seeds 0 1 2

The schema of each table is declared, not read off it (`declared_schemas.py`). A fifth of the rows
is fresh, as in `limit.py`; of Adult the official files are taken. Prints one line of JSON for each
table with what its holdout scores, one for each training, and one with the means of the seeds: the
noise has no seed, so each of these is a run of its own.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from adult_files import COLUMNS, write_adult
from declared_schemas import ADULT, CALIFORNIA, DIAMONDS, MELBOURNE, SHOPPERS
from limit import HOLDOUT
from measuring import Run, commit, print_line, train
from tables import file
from two_way import two_way_error

import synth_dl
from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.trends import trend_error
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.reading.table import read_table
from synth_dl.tables.schema import Schema

DELTA = 1e-5
EPSILONS = (0.1, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Task:
    """A table in files.

    Attributes:
        train, holdout: the files.
        declared: what was said of their columns.
        target: that a model predicts.
    """

    train: Path
    holdout: Path
    declared: Schema
    target: str

    def frames(self) -> dict[str, pd.DataFrame]:
        """The rows of both files, as declared."""
        paths = {"real": self.train, "holdout": self.holdout}
        return {
            role: read_table(path, columns=self.header(path), schema=self.declared).frame
            for role, path in paths.items()
        }

    def words(self) -> list[str]:
        """Options of `synth-train`."""
        schema = self.train.with_name(f"{self.train.stem}.yaml")
        self.declared.save(schema, overwrite=True)
        found = ["data=csv", f"data.path={self.train}", f"data.schema={schema}"]
        if header := self.header(self.train):
            found.append(f"data.columns=[{','.join(header)}]")
        return [*found, f"data.target={self.target}"]

    def header(self, path: Path) -> list[str] | None:
        """Names, where the file has no header row."""
        with path.open(encoding="utf-8") as opened:
            return None if opened.readline().startswith(self.declared.names[0]) else list(COLUMNS)


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--epsilons", type=float, nargs="+", default=EPSILONS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--options", nargs="*", default=[], help="of synth-train, to try some")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.only:
            task, told = TASKS[name](Path(temporary), name), {"table": name, "commit": commit()}
            print_line(told | references(task))
            for epsilon in arguments.epsilons:
                told |= {"epsilon": epsilon}
                found = []
                for seed in arguments.seeds:
                    run_dir = Path(temporary) / f"{name}-{epsilon:g}-{seed}"
                    found.append(figures(task, run_dir, epsilon, seed, arguments.options))
                    print_line(told | {"seed": seed} | found[-1])
                print_line(told | {"seeds": len(found), "means": means(found)})


def figures(
    task: Task, run_dir: Path, epsilon: float, seed: int, options: list[str]
) -> dict[str, Any]:
    """Train, draw as many rows as there were, and compare them with the real ones."""
    took = trained(run_dir, task, epsilon, seed, options)
    synth, frames = synth_dl.load(run_dir / "artifact"), task.frames()
    drawn = synth.sample(len(frames["real"]), seed=seed)
    ledger = synth.codec.ledger
    assert ledger is not None
    return {
        **judged(task, frames | {"synthetic": drawn}),
        "seconds": took.seconds,
        "epsilon_spent": round(ledger.spent_epsilon, 6),
        "looks": len(ledger.entries),
    }


def trained(
    run_dir: Path, task: Task, epsilon: float, seed: int, options: Sequence[str] = ()
) -> Run:
    """Train the private mixture by the command."""
    return train(
        run_dir, *task.words(), "model=mixture", f"privacy.epsilon={epsilon:g}",
        f"privacy.delta={DELTA:g}", f"seed={seed}", *options,
    )  # fmt: skip


def judged(task: Task, frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The figures of synthetic rows beside the real ones."""
    tables = encode_tables(frames, task.declared)
    return {
        **_compared(tables["real"], tables["synthetic"]),
        **_learnt(tables["synthetic"], tables["holdout"], task.target),
    }


def references(task: Task) -> dict[str, Any]:
    """What the real holdout scores in place of draws, and real rows to learn from."""
    tables = encode_tables(task.frames(), task.declared)
    real, holdout = tables["real"], tables["holdout"]
    return {
        "rows": len(real),
        "holdout_rows": len(holdout),
        "columns": len(real.columns),
        "holdout": _compared(real, holdout),
        "real": _learnt(real, holdout, task.target),
    }


def means(lines: list[dict[str, Any]]) -> dict[str, float]:
    """Of each figure that all lines have."""
    return {
        name: round(float(np.mean([line[name] for line in lines])), 4)
        for name in lines[0]
        if all(isinstance(line[name], int | float) for line in lines)
    }


def _compared(real: EncodedTable, other: EncodedTable) -> dict[str, float]:
    measures: Mapping[str, Callable[[EncodedTable, EncodedTable], float]] = {
        "two_way": two_way_error, "shape_error": shape_error, "trend_error": trend_error,
    }  # fmt: skip
    return {name: round(measure(real, other), 3) for name, measure in measures.items()}


def _learnt(learned: EncodedTable, asked: EncodedTable, target: str) -> dict[str, Any]:
    found = machine_learning_efficiency(learned, asked, target)
    if found is None:
        return {"efficiency": None}
    return {"efficiency": round(found.score, 4), "measure": found.measure}


def _adult(folder: Path, name: str) -> Task:
    return Task(*write_adult(folder), ADULT, "income")


def _file(
    path: str, target: str, declared: Schema, rows: int | None = None
) -> Callable[[Path, str], Task]:
    def made(folder: Path, name: str) -> Task:
        file(path, target, HOLDOUT, rows)(folder, name)
        parts = (folder / f"{name}-{part}.csv" for part in ("train", "holdout"))
        return Task(*parts, declared, target)

    return made


TASKS: dict[str, Callable[[Path, str], Task]] = {
    "adult": _adult,
    "california": _file("numbers/california_housing.csv", "median_house_value", CALIFORNIA),
    "shoppers": _file("shoppers/online_shoppers_intention.csv", "Revenue", SHOPPERS),
    "diamonds": _file("numbers/diamonds.csv", "price", DIAMONDS, 20_000),
    "melbourne": _file("numbers/melbourne_house_prices.csv", "Price", MELBOURNE),
}

if __name__ == "__main__":
    main()
