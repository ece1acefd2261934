"""How often the right family is named, of twenty that are drawn from, and how fast.

    python benchmarks/fitted_families.py --seeds 0 1 2
    python benchmarks/fitted_families.py --time

A family counts as found where its name is among the first two by BIC, of all families of
`scipy.stats` that are tried. `--time` fits a table of 100,000 rows and 15 columns instead. One
line of JSON for each seed, and one with the share over all of them.
"""

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats
from measuring import commit, print_line

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
    """100,000 rows and 15 columns, with a copula: seconds of the clock and of the processor."""
    generator = np.random.default_rng(0)
    columns: dict[str, Any] = {}
    for name in [*list(FAMILIES)[:7], "poisson", "nbinom"]:
        distribution = getattr(scipy.stats, name)
        rows = distribution.rvs(size=100_000, random_state=generator, **FAMILIES[name])
        columns[name] = rows
    columns["zeros"] = np.where(generator.random(100_000) < 0.3, 0.0, columns["gamma"])
    columns["hills"] = np.where(generator.random(100_000) < 0.3, 0.0, 9.0) + columns["norm"]
    columns["kind"] = generator.choice([f"kind {i}" for i in range(300)], 100_000)
    columns["flag"] = generator.random(100_000) < 0.3
    columns["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(
        generator.integers(0, 2000, 100_000), unit="D"
    )
    columns["cents"] = np.round(columns["lognorm"], 2)
    wall, processor = time.monotonic(), time.process_time()
    fit_recipe(pd.DataFrame(columns), copula=True)
    return {
        "rows": 100_000,
        "columns": len(columns),
        "seconds": round(time.monotonic() - wall, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
        "commit": commit(),
    }


if __name__ == "__main__":
    main()
