"""Rules that hold in every row: rows that break one, and what keeping them costs.

    python benchmarks/rules.py
    python benchmarks/rules.py --draws 1000000 --seeds 3

Trains on a table of loans that is made up here, and on Adult with what is suggested of it, with the
rules and without them. Prints a line of JSON a table and seed: how many of `--draws` rows break a
rule (`broken`; `without` is that of the model without rules), and how long drawing takes
(`slower`, as a ratio to the same without rules).
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from adult_files import COLUMNS, write_adult
from measuring import commit, print_line

import synth_dl
from synth_dl.tables.reading.table import table_from_frame
from synth_dl.tables.rules.suggesting import suggested

LOANS = (
    "start <= end", "total = principal + interest", "0 <= share <= 1", "combinations(city, state)",
    "if employed = no then salary missing", "unique(id)", "0 <= low <= high <= 100",
)  # fmt: skip
CITIES = {"Berlin": ["BE"], "Potsdam": ["BB"], "Lyon": ["FR"], "Springfield": ["IL", "MA", "MO"]}
ROWS, PART = 20_000, 50_000


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=1000, help="of each training")
    arguments = parser.parse_args()
    for seed in range(arguments.seeds):
        for name, frame, rules in tables(seed):
            figures = compared(frame, rules, arguments.draws, arguments.steps, seed)
            print_line({"figure": "rules", "table": name, "seed": seed, "rules": len(rules),
                        **figures, "commit": commit()})  # fmt: skip


def tables(seed: int) -> Iterator[tuple[str, pd.DataFrame, tuple[str, ...]]]:
    """Names, rows and rules."""
    yield "loans", loans(seed), LOANS
    with tempfile.TemporaryDirectory() as folder:
        real, _ = write_adult(Path(folder))
        adult = pd.read_csv(real, names=list(COLUMNS), skipinitialspace=True, na_values="?")
    table = table_from_frame(adult)
    yield "adult", adult, tuple(suggested(table.frame, table.schema, 5))


def loans(seed: int) -> pd.DataFrame:
    """Rows that keep `LOANS`."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 2000, ROWS), "D")
    city, low = rng.choice(list(CITIES), ROWS), rng.integers(0, 80, ROWS)
    employed = rng.random(ROWS) < 0.8
    frame = pd.DataFrame(
        {
            "id": rng.permutation(ROWS) + 10_000,
            "start": pd.Series(start).mask(rng.random(ROWS) < 0.05),
            "end": start + pd.to_timedelta(rng.geometric(0.01, ROWS), "D"),
            "principal": np.round(rng.lognormal(8, 1, ROWS), 2),
            "interest": np.round(rng.lognormal(5, 1, ROWS), 2),
            "share": rng.beta(2, 5, ROWS),
            "city": city,
            "state": [rng.choice(CITIES[each]) for each in city],
            "employed": np.where(employed, "yes", "no"),
            "salary": pd.Series(np.round(rng.lognormal(8, 0.4, ROWS))).mask(~employed),
            "low": low,
            "high": np.minimum(100, low + rng.integers(0, 40, ROWS)),
        }
    )
    frame["total"] = (frame["principal"] + frame["interest"]).round(2)
    return frame


def compared(
    frame: pd.DataFrame, rules: tuple[str, ...], draws: int, steps: int, seed: int
) -> dict[str, Any]:
    """Figures of two models, with the rules and without, that draw in turn."""
    synths = [
        synth_dl.fit(frame, rules=said, trainer__steps=steps, seed=seed, progress=False)
        for said in (list(rules), None)
    ]
    judge, broken, seconds = synths[0].codec, [0, 0], [0.0, 0.0]
    for first in range(0, draws, PART):
        for place, synth in enumerate(synths):
            started = time.perf_counter()
            rows = synth.sample(draws, seed=seed, rows=(first, min(draws, first + PART)))
            seconds[place] += time.perf_counter() - started
            broken[place] += int(judge.outside(rows).sum())
    return {
        "rows": draws, "broken": broken[0], "without": broken[1],
        "rows_per_second": round(draws / seconds[0]), "slower": round(seconds[0] / seconds[1], 3),
    }  # fmt: skip


if __name__ == "__main__":
    main()
