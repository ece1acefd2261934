"""How far each family is from the truth: nats a row, on recipes whose density is known.

    python benchmarks/truth.py
    python benchmarks/truth.py --rows 10000 --seeds 0 --models autoregressive trees

Each of the five recipes draws rows to learn from and as many as 20,000 fresh ones. The
Kullback-Leibler divergence of a model from the truth is the mean over the fresh rows of what the
truth gives them more, in nats; the plain estimate of it has the standard error that stands beside.
Fresh rows with a value that the model does not know, beyond the extremes of its rows or too rare,
have no likelihood: they are left out, and their share is printed. Of a VAE and a copula it is an
upper bound, as their likelihood is a lower one.
"""

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import commit, print_line

import synth_dl

MODELS = ("autoregressive", "vae", "trees", "chow_liu", "copula", "distributions")
FRESH = 20_000
FRESH_SEED = 1_000_000


def recipes() -> Iterator[tuple[str, synth_dl.Recipe]]:
    """Names and recipes of the five."""
    folder = Path(str(files("synth_dl.recipes"))) / "truth"
    for path in sorted(folder.glob("*.yaml")):
        yield path.stem, synth_dl.Recipe.load(path)


def log_prob_where_known(
    synth: synth_dl.Synthesizer, trained: pd.DataFrame, fresh: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """[N] whether a model knows every cell of a row, and nats of these rows.

    A missing cell is unknown where the column had none in training.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the values that it does not know
        scores = synth.score(fresh)
    full = [name for name in trained if trained[name].notna().all()]
    known = (scores["unseen"] == 0).to_numpy() & fresh[full].notna().all(axis=1).to_numpy()
    return known, scores["log_prob"].to_numpy()[known]


def divergence(
    name: str, truth: synth_dl.Recipe, model: str, rows: int, seed: int
) -> dict[str, Any]:
    """One figure, and what it took."""
    frame = truth.sample(rows, seed=seed)
    fresh = truth.sample(FRESH, seed=FRESH_SEED + seed)
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(fresh, pd.DataFrame)
    started = time.perf_counter()
    synth = synth_dl.fit(frame, model=model, seed=seed, progress=False)
    seconds = time.perf_counter() - started
    known, nats = log_prob_where_known(synth, frame, fresh)
    excess = truth.log_prob(fresh[known].reset_index(drop=True)) - nats
    return {
        "recipe": name, "model": model, "rows": rows, "seed": seed,
        "kl": round(float(excess.mean()), 4),
        "standard_error": round(float(excess.std() / len(excess) ** 0.5), 4),
        "unknown_rows": round(1 - float(known.mean()), 4),
        "seconds": round(seconds, 1), "commit": commit(),
    }  # fmt: skip


def main() -> None:
    """Print a line of JSON for each figure, and the means over the seeds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--recipes", nargs="+", help="names of some of the five")
    arguments = parser.parse_args()
    found = []
    for rows in arguments.rows:
        for name, truth in recipes():
            if arguments.recipes and name not in arguments.recipes:
                continue
            for model in arguments.models:
                lines = [divergence(name, truth, model, rows, seed) for seed in arguments.seeds]
                for line in lines:
                    print_line(line)
                found.append((rows, name, model, np.mean([line["kl"] for line in lines])))
    table = pd.DataFrame(found, columns=["rows", "recipe", "model", "kl"])
    wide = table.pivot(index=["rows", "recipe"], columns="model", values="kl").round(4)
    print(json.dumps({"means": json.loads(wide.reset_index().to_json(orient="records"))}))


if __name__ == "__main__":
    main()
