"""How far classes are from what is asked: `balance`, `top_up`, `parity` and `odds` on Adult.

    python benchmarks/balance.py
    python benchmarks/balance.py --artifact runs/adult/artifact

One line of JSON a seed. An error is how many rows a class is away from its share of n, rounded
down or up; of `top_up`, from the largest class of the real rows; of `parity` and `odds` the gap
between groups that is left in 100,000 rows, in points. Without `--artifact` a Chow–Liu
tree is fitted, as the counts do not depend on the family.
"""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from adult_files import COLUMNS, adult_words, write_adult
from measuring import commit, print_line, train

import synth_dl

N = 10_001
ASKED: dict[str, Any] = {
    "income": "income",
    "income 0.3 to 0.7": {"income": {"<=50K": 0.3, ">50K": 0.7}},
    "sex and income": ["sex", "income"],
    "race, sex and income": ["race", "sex", "income"],
}
FAIR_ROWS = 100_000
FAIR: dict[str, dict[str, str]] = {
    "income given sex": {"parity": "income|sex"},
    "income given sex and race": {"parity": "income|[sex,race]"},
    "relationship given sex, in each income": {"odds": "income|sex", "predictor": "relationship"},
}
TOPPED_UP: tuple[list[str], ...] = (["income"], ["sex", "income"], ["education"])


def main() -> None:
    """Measure, and print a line a seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--artifact", type=Path, help="of a model of Adult")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        real, holdout = write_adult(Path(folder))
        artifact = arguments.artifact
        if artifact is None:
            train(Path(folder) / "run", *adult_words(real, holdout), "model=chow_liu")
            artifact = Path(folder) / "run" / "artifact"
        synth = synth_dl.load(artifact)
        rows = pd.read_csv(real, names=list(COLUMNS), skipinitialspace=True, na_values="?")
        for seed in range(arguments.seeds):
            print_line({"commit": commit(), "seed": seed, **errors(synth, rows, seed),
                        "points": gaps(synth, seed)})  # fmt: skip


def errors(synth: Any, real: pd.DataFrame, seed: int) -> dict[str, dict[str, int]]:
    """The largest error of any class's count, by option and by what is asked."""
    balanced = {}
    for name, asked in ASKED.items():
        columns = list(asked) if isinstance(asked, Mapping) else np.ravel(asked).tolist()
        counts = synth.sample(N, balance=asked, seed=seed).groupby(columns).size()
        shares = asked["income"] if isinstance(asked, Mapping) else {}
        wanted = pd.Series({each: shares.get(each, 1 / len(counts)) * N for each in counts.index})
        found, due = counts.to_numpy(), wanted.to_numpy()
        balanced[name] = int(np.maximum(np.floor(due) - found, found - np.ceil(due)).max())
    topped_up = {}
    for columns in TOPPED_UP:
        drawn = synth.sample(top_up=columns, real=real, seed=seed)
        together = pd.concat([real[columns], drawn[columns]]).groupby(columns).size().to_numpy()
        largest = real.groupby(columns).size().to_numpy().max()
        topped_up[" and ".join(columns)] = int(np.abs(together - largest).max())
    return {"balance": balanced, "top_up": topped_up}


def gaps(synth: Any, seed: int) -> dict[str, float]:
    """By how many points the rates of two groups differ at most, counted in the drawn rows."""
    found = {}
    for name, asked in FAIR.items():
        outcome, _, groups = (asked.get("parity") or asked["odds"]).partition("|")
        drawn = synth.sample(FAIR_ROWS, seed=seed, **asked)
        strata = [each for _, each in drawn.groupby(outcome)] if "predictor" in asked else [drawn]
        columns = groups.strip("[]").split(",")
        rates = [pd.crosstab([rows[each] for each in columns],
                             rows[asked.get("predictor", outcome)], normalize="index")
                 for rows in strata]  # fmt: skip
        found[name] = round(100 * max(float((each.max() - each.min()).max()) for each in rates), 4)
    return found


if __name__ == "__main__":
    main()
