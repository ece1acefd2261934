"""Adult (Census Income), 32,561 × 15: time, memory and every figure of the default command.

    python benchmarks/adult.py --seeds 0 1 2

Trains as a user would, by `synth-train` in a process of its own, without any tuning option; then
samples as many rows as were trained on and compares them with the real ones. The holdout is the
official test file (16,281 rows); nothing is chosen by it. Prints one line of JSON for each seed
and, for several, one with the mean and the worst.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from adult_files import adult_words, write_adult
from figures import figures_of, references_of, rows_per_second
from measuring import commit, print_line, train

# How far a figure may be from its best value decides which of several seeds is the worst one.
BEST = {"auc_fresh": 0.5, "auc_train": 0.5, "auc_gap": 0.0, "nearer_train": 50.0}
HIGHER = ("efficiency", "rows_per_second")
SUMMED_UP = (
    "seconds", "peak_mib", "auc_fresh", "auc_train", "auc_gap", "shape_error", "trend_error",
    "trend_error_own_bins", "efficiency", "nearer_train", "rows_per_second", "validation_nats",
)  # fmt: skip


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--keep", type=Path, help="folder in which the runs stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        lines = [one_seed(folder, seed) for seed in arguments.seeds]
    if len(lines) > 1:
        print_line({"seeds": arguments.seeds, "commit": commit(), **summary(lines)})


def one_seed(folder: Path, seed: int, model: str = "autoregressive") -> dict[str, Any]:
    """Train, sample, compare and print."""
    run_dir = folder / f"adult-{model}-{seed}"
    words = adult_words(*write_adult(folder))
    took = train(run_dir, *words, f"model={model}", f"seed={seed}")
    figures = figures_of(run_dir, took, seed)
    figures["rows_per_second"] = rows_per_second(run_dir / "artifact")
    line = {"table": "adult", "model": model, "seed": seed, "commit": commit()}
    line |= {**figures, **references_of(run_dir)}
    print_line(line)
    return line


def summary(lines: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and worst of each figure over the seeds."""
    mean, worst = {}, {}
    for name in SUMMED_UP:
        values = [line[name] for line in lines]
        mean[name] = round(float(np.mean(values)), 4)
        if name in BEST:
            worst[name] = max(values, key=lambda value, best=BEST[name]: abs(value - best))
        else:
            worst[name] = min(values) if name in HIGHER else max(values)
    return {"mean": mean, "worst": worst}


if __name__ == "__main__":
    main()
