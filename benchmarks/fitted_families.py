"""How often the right family is named, of twenty that are drawn from, and how fast.

    python benchmarks/fitted_families.py --seeds 0 1 2
    python benchmarks/fitted_families.py --time

A family counts as found where its name is among the first two by BIC, of all families of
`scipy.stats` that are tried. One line of JSON for each seed, and one with the share over all of
them. `--time` fits a table of 100,000 rows and 15 columns instead, by `fit_recipe` and by the
command `synth-train model=copula`.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats
from measuring import commit, print_line, train

from synth_dl.recipes.fitting import fit_recipe
from synth_dl.recipes.fitting.families import rank_families
from synth_dl.recipes.fitting.observed import Observed

ROWS = 1000
FAMILIES: dict[str, dict[str, float]] = {
    "norm": {"loc": 10, "scale": 3},
    "lognorm": {"s": 0.6, "scale": 30_000},
    "gamma": {"a": 2.5, "scale": 3},
    "expon": {"scale": 5},
    "weibull_min": {"c": 1.7, "scale": 4},
    "beta": {"a": 2, "b": 5},
    "uniform": {"loc": 3, "scale": 7},
    "t": {"df": 4, "loc": 1, "scale": 2},
    "laplace": {"loc": 2, "scale": 3},
    "logistic": {"loc": 5, "scale": 2},
    "gumbel_r": {"loc": 5, "scale": 2},
    "pareto": {"b": 2.5, "scale": 10},
    "chi2": {"df": 6},
    "invgauss": {"mu": 0.8, "scale": 5},
    "rayleigh": {"scale": 4},
    "triang": {"c": 0.3, "loc": 2, "scale": 8},
    "poisson": {"mu": 4},
    "binom": {"n": 20, "p": 0.3},
    "nbinom": {"n": 4, "p": 0.3},
    "geom": {"p": 0.3},
}


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--time", action="store_true")
    arguments = parser.parse_args()
    if arguments.time:
        print_line(timed())
        return
    lines = [one_seed(seed) for seed in arguments.seeds]
    first, either = (float(np.mean([line[key] for line in lines])) for key in ("first", "either"))
    seconds = float(np.mean([line["seconds"] for line in lines]))
    print_line({"seeds": arguments.seeds, "commit": commit(), "first": first, "either": either,
                "seconds_a_column": round(seconds / len(FAMILIES), 2)})  # fmt: skip


def one_seed(seed: int) -> dict[str, Any]:
    """Draw from each family, rank all, and print."""
    started = time.process_time()
    places, missed = [], {}
    for name, parameters in FAMILIES.items():
        generator = np.random.default_rng([seed, len(places)])
        rows = getattr(scipy.stats, name).rvs(size=ROWS, random_state=generator, **parameters)
        observed = Observed.of(rows, 1.0 if rows.dtype.kind == "i" else None)
        ranking = [fit.family for fit in rank_families(observed)]
        places.append(ranking.index(name) if name in ranking else len(ranking))
        if places[-1] > 1:
            missed[name] = ranking[:3]
    line = {
        "seed": seed,
        "commit": commit(),
        "first": float(np.mean([place == 0 for place in places])),
        "either": float(np.mean([place <= 1 for place in places])),
        "missed": missed,
        "seconds": round(time.process_time() - started, 1),
    }
    print_line(line)
    return line


def timed() -> dict[str, Any]:
    """100,000 rows and 15 columns, with a copula: seconds of the fit and of the whole command."""
    frame = mixed_table()
    wall, processor = time.monotonic(), time.process_time()
    fit_recipe(frame, copula=True)
    line = {
        "rows": len(frame),
        "columns": len(frame.columns),
        "seconds": round(time.monotonic() - wall, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        frame.to_csv(path, index=False)
        took = train(Path(folder) / "run", "data=csv", f"data.path={path}", "model=copula")
    return {**line, "command_seconds": took.seconds, "commit": commit()}


def mixed_table(rows: int = 100_000) -> pd.DataFrame:
    """Numbers of known families, counts, a spike, two hills, categories, truth values and dates."""
    generator = np.random.default_rng(0)
    columns: dict[str, Any] = {}
    for name in [*list(FAMILIES)[:7], "poisson", "nbinom"]:
        distribution = getattr(scipy.stats, name)
        columns[name] = distribution.rvs(size=rows, random_state=generator, **FAMILIES[name])
    columns["zeros"] = np.where(generator.random(rows) < 0.3, 0.0, columns["gamma"])
    columns["hills"] = np.where(generator.random(rows) < 0.3, 0.0, 9.0) + columns["norm"]
    columns["kind"] = generator.choice([f"kind {i}" for i in range(300)], rows)
    columns["flag"] = generator.random(rows) < 0.3
    columns["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(
        generator.integers(0, 2000, rows), unit="D"
    )
    columns["cents"] = np.round(columns["lognorm"], 2)
    return pd.DataFrame(columns)


if __name__ == "__main__":
    main()
