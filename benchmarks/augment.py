"""Do synthetic rows help a classifier of a rare class? Three tables with 3 % positives.

    python benchmarks/augment.py
    python benchmarks/augment.py --only adult --repeats 5 --max-time 5min

Adult, Diamonds and California housing (files of SYNTH_DL_DATA), each reduced to 20,000 rows of
which 600 are positive: 7 in 10 to learn from, 3 in 10 as holdout. Prints one line of JSON a table
and seed: average precision by each way to train LightGBM, and its change against class weights with
the ends of its 95 % interval.
"""

import argparse
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pandas as pd
from adult_files import COLUMNS
from measuring import commit, data_file, print_line

import synth_dl

ROWS, SHARE, HOLDOUT = 20_000, 0.03, 0.3
TARGET = "positive"


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--max-time", default="90s", help="of each training")
    arguments = parser.parse_args()
    for name in arguments.only:
        for seed in range(arguments.seeds):
            line = {"table": name, "seed": seed, "commit": commit()}
            print_line(line | measured(name, seed, arguments.repeats, arguments.max_time))


def measured(name: str, seed: int, repeats: int, max_time: str) -> dict[str, object]:
    """The figures of one table and seed, which also says which rows are taken."""
    rows = reduced(TABLES[name](), seed)
    held = round(HOLDOUT * len(rows))
    options = {"repeats": repeats, "seed": seed, "max_time": max_time}
    report = synth_dl.augment(rows.iloc[held:], rows.iloc[:held], TARGET, **options)
    measure = "average_precision"
    return {
        "average_precision": {w.name: round(w.scores[measure].value, 4) for w in report.ways},
        "change": {key: round(value, 4) for key, value in
                   asdict(report["synthetic"].changes[measure]).items()},
        "log_loss": {w.name: round(w.scores["log_loss"].value, 4) for w in report.ways},
        "verdict": report.verdict,
        "seconds": round(report.seconds),
    }  # fmt: skip


def reduced(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """20,000 rows of which 3 % are positive, in random order, with as many of them in each part."""
    positive = frame[TARGET] == "yes"
    wanted = round(SHARE * ROWS)
    parts = [frame[positive].sample(wanted, random_state=seed),
             frame[~positive].sample(ROWS - wanted, random_state=seed)]  # fmt: skip
    places = [(np.arange(len(part)) + 0.5) / len(part) for part in parts]
    order = np.argsort(np.concatenate(places), kind="stable")
    return pd.concat(parts).iloc[order].reset_index(drop=True)


def adult() -> pd.DataFrame:
    """Who earns more than 50,000 dollars, of the training file."""
    read = {"names": list(COLUMNS), "skipinitialspace": True, "na_values": "?"}
    frame = pd.read_csv(data_file("adult/adult-train.csv"), **read)
    return _with_target(frame, frame["income"] == ">50K", "income")


def diamonds() -> pd.DataFrame:
    """Which diamonds are cut fairly, the least of five grades."""
    frame = pd.read_csv(data_file("numbers/diamonds.csv"))
    return _with_target(frame, frame["cut"] == "Fair", "cut")


def california() -> pd.DataFrame:
    """Where houses cost as much as the census counts at most."""
    frame = pd.read_csv(data_file("numbers/california_housing.csv"))
    price = "median_house_value"
    return _with_target(frame, frame[price] >= 500_000, price)


def _with_target(frame: pd.DataFrame, positive: pd.Series, left_out: str) -> pd.DataFrame:
    return frame.drop(columns=left_out).assign(**{TARGET: np.where(positive, "yes", "no")})


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "adult": adult,
    "diamonds": diamonds,
    "california": california,
}

if __name__ == "__main__":
    main()
