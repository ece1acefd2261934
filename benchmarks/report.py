"""The report of an evaluation: controls that it must tell apart, membership, time and memory.

    python benchmarks/report.py controls --seeds 0 1 2
    python benchmarks/report.py membership --seeds 0 1 2
    python benchmarks/report.py speed

`controls` judges five tables that were made from half of Adult's training rows and no model:
copies, independent columns, 30 % of the cells exchanged, fresh rows, and fresh rows that were
picked until the counts of all pairs of columns fit. `membership` trains the default autoregressive
model on Adult and attacks it, by its rows alone and by its likelihood too. `speed` times the
command on 30,000 x 15 rows of Adult and on 100,000 x 30 (two of its rows side by side). One line of
JSON each.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from adult_files import COLUMNS, adult_words, write_adult
from measuring import ROOT, commit, measured, print_line, sample, train

from synth_dl.metrics.page.verdict import verdict_of
from synth_dl.tables.evaluation import evaluate
from synth_dl.tables.reading.table import Table, read_table

SWAPS, BINS, FLIPPED = 200_000, 10, 0.3
# What the verdict must say: told apart from fresh rows, rows given away, copies, picked.
WANTED = {
    "copy": ("hardly", True, True, True),
    "independent": ("clearly", False, False, False),
    # Of 15 cells, 0.7 to the power of 15 is the share of rows that keep all, which are copies.
    "flipped": ("clearly", True, True, False),
    "fresh": ("hardly", False, False, False),
    "picked": ("hardly", False, False, True),
}


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("part", choices=["controls", "membership", "speed"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if arguments.part == "speed":
            speed(folder)
            return
        for seed in arguments.seeds:
            {"controls": controls, "membership": membership}[arguments.part](folder, seed)


def controls(folder: Path, seed: int) -> None:
    """Judge the five tables."""
    real, holdout = (read_table(path, columns=COLUMNS) for path in write_adult(folder))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(real.frame))
    half = len(order) // 2
    rows, other = (real.frame.iloc[part].reset_index(drop=True)
                   for part in (order[:half], order[half:]))  # fmt: skip
    right = {}
    for name, made in _controls(rows, other, rng).items():
        report = evaluate(rows, made, schema=real.schema, holdout=holdout.frame, target="income",
                          seed=seed)  # fmt: skip
        found = verdict_of(report)
        said = (found.told, bool(found.accused), found.copies, found.picked)
        right[name] = said == WANTED[name]
        figures = ("two_sample_auc_fresh", "membership_auc", "near_copies", "low_order_ratio")
        print_line({
            "control": name, "seed": seed, "commit": commit(), "verdict": said,
            "right": right[name], "seconds": round(report.seconds, 1),
            **{each: _rounded(report[each].synthetic) for each in figures},
        })  # fmt: skip
    print_line({"seed": seed, "commit": commit(), "told_apart": sum(right.values())})


def _controls(
    rows: pd.DataFrame, other: pd.DataFrame, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    shuffled = pd.DataFrame(
        {name: rows[name].iloc[rng.permutation(len(rows))].array for name in rows}
    )
    changed = rng.random(rows.shape) < FLIPPED
    return {
        "copy": rows,
        "independent": shuffled,
        "flipped": rows.mask(changed, shuffled),
        "fresh": other,
        "picked": other.iloc[_picked(rows, other, rng)].reset_index(drop=True),
    }


def _picked(rows: pd.DataFrame, pool: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Half of the pool, swapped for its other rows while the counts of all pairs come nearer."""
    levels = []
    both = pd.concat([rows, pool], ignore_index=True)
    for name in both:
        column = both[name]
        numeric = pd.api.types.is_numeric_dtype(column) and column.nunique() > BINS
        codes = pd.qcut(column, BINS, labels=False, duplicates="drop") if numeric else column
        levels.append(pd.factorize(codes)[0] + 1)
    codes = np.stack(levels, 1)
    wide = int(codes.max()) + 1
    first, second = np.triu_indices(codes.shape[1], k=1)
    cells = codes[:, first] * wide + codes[:, second] + wide * wide * np.arange(len(first))
    ours, theirs = cells[: len(rows)], cells[len(rows) :]
    size = wide * wide * len(first)
    chosen = rng.permutation(len(pool))
    half = len(chosen) // 2
    # In the scale of the picked rows.
    left = np.bincount(theirs[chosen[:half]].ravel(), minlength=size) - np.bincount(
        ours.ravel(), minlength=size
    ) * (half / len(rows))
    for out, new in zip(rng.integers(half, size=SWAPS), rng.integers(half, len(chosen), SWAPS),
                        strict=True):  # fmt: skip
        lost, won = theirs[chosen[out]], theirs[chosen[new]]
        moved = lost != won
        lost, won = lost[moved], won[moved]
        before = np.abs(left[lost]).sum() + np.abs(left[won]).sum()
        after = np.abs(left[lost] - 1).sum() + np.abs(left[won] + 1).sum()
        if after < before:
            left[lost] -= 1
            left[won] += 1
            chosen[[out, new]] = chosen[[new, out]]
    return chosen[:half]


def membership(folder: Path, seed: int) -> None:
    """Attack the default model."""
    files = write_adult(folder)
    run = folder / f"run-{seed}"
    train(run, *adult_words(*files), f"seed={seed}")
    drawn = run / "drawn.csv"
    sample(run / "artifact", f"out={drawn}", f"seed={seed}")
    told = _evaluated(run / "report", f"run={run}", f"synthetic={drawn}", f"seed={seed}")
    figures = {name: _rounded(each["synthetic"]) for name, each in told["metrics"].items()
               if name.startswith("membership")}  # fmt: skip
    attacks = told["privacy"]["membership"]["all"]["attacks"]
    print_line({"membership": "adult", "seed": seed, "commit": commit(), **figures,
                "attacks": {name: {key: _rounded(value) for key, value in each.items()}
                            for name, each in attacks.items()}})  # fmt: skip


def speed(folder: Path) -> None:
    """Time the whole page, of files of another tool, and with the model."""
    real, holdout = (read_table(path, columns=COLUMNS) for path in write_adult(folder))
    rng = np.random.default_rng(0)
    for rows, copies in ((30_000, 1), (100_000, 2)):
        files = []
        for name, table, count in (("real", real, rows), ("synthetic", real, rows),
                                   ("holdout", holdout, rows // 2)):  # fmt: skip
            files.append(folder / f"{name}-{rows}.csv")
            _beside(table, count, copies, rng).to_csv(files[-1], index=False)
        words = [f"{name}={file}" for name, file in
                 zip(("real", "synthetic", "holdout"), files, strict=True)]  # fmt: skip
        report = folder / f"report-{rows}"
        took = _run(report, *words, "target=income")
        size = (report / "report.html").stat().st_size
        print_line({"rows": rows, "columns": copies * len(COLUMNS), "commit": commit(),
                    "seconds": took.seconds, "peak_mib": took.peak_mib,
                    "page_kib": round(size / 1024)})  # fmt: skip


def _beside(table: Table, rows: int, copies: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows drawn with repeats, several side by side in columns of other names."""
    drawn = [table.frame.iloc[rng.integers(len(table.frame), size=rows)].reset_index(drop=True)
             for _ in range(copies)]  # fmt: skip
    for place, each in enumerate(drawn[1:], 2):
        each.columns = [f"{name}{place}" for name in each.columns]
    return pd.concat(drawn, axis=1)


def _evaluated(report: Path, *words: str) -> dict[str, Any]:
    _run(report, *words)
    return json.loads((report / "metrics.json").read_text(encoding="utf-8"))


def _run(report: Path, *words: str) -> Any:
    script = str(ROOT / "scripts" / "evaluate.py")
    return measured([sys.executable, script, *words, f"out={report}"])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


if __name__ == "__main__":
    main()
