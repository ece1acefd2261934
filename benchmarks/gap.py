"""How much of the gap of the two AUCs comes from meeting the training marginals alone.

    python benchmarks/gap.py

No model: a perfect generator is real rows of Adult that play neither training nor fresh rows.
The same rows drawn with weights that make every single column meet the training rows (raking,
Deming and Stephan 1940) remember nothing but the marginals. Prints one line of JSON.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from adult_files import COLUMNS, write_adult
from measuring import commit, print_line

from synth_dl.metrics.two_sample import two_sample_auc
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.reading.table import Table, read_table

TRAIN, FRESH = 12_000, 8_000
ROUNDS = 15


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=6)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        table = read_table(write_adult(Path(folder))[0], columns=list(COLUMNS))
    found = np.array([gaps(table, seed) for seed in range(repeats)])
    means, errors = found.mean(0), found.std(0, ddof=1) / repeats**0.5
    names = ("fresh", "train", "gap", "raked_fresh", "raked_train", "raked_gap")
    line = {name: round(float(mean), 4) for name, mean in zip(names, means, strict=True)}
    line |= {"gap_error": round(float(errors[2]), 4), "raked_gap_error": round(float(errors[5]), 4)}
    print_line({"commit": commit(), "repeats": repeats, "train": TRAIN, "fresh": FRESH} | line)


def gaps(table: Table, seed: int) -> list[float]:
    """AUC against fresh and training rows, and their difference: plain real rows, then raked."""
    order = np.random.default_rng(seed).permutation(len(table.frame))
    cuts = np.split(order, [TRAIN, TRAIN + FRESH])
    train, fresh, rest = (table.frame.iloc[cut].reset_index(drop=True) for cut in cuts)
    codec = TableCodec.fit(train, table.schema)
    weights = raked(codec.encode(rest), codec.encode(train), codec.spec.levels)
    found = []
    for chances in (np.full(len(rest), 1 / len(rest)), weights):
        both = [
            np.mean([auc(codec, real, rest, chances, 10 * seed + k) for k in range(3)])
            for real in (fresh, train.iloc[:FRESH])
        ]
        found += [*both, both[0] - both[1]]
    return [float(value) for value in found]


def auc(
    codec: TableCodec, real: pd.DataFrame, rest: pd.DataFrame, chances: np.ndarray, seed: int
) -> float:
    """Two-sample AUC of real rows against as many of the rest, drawn with these chances."""
    rng = np.random.default_rng(seed)
    drawn = rest.iloc[rng.choice(len(rest), len(real), replace=False, p=chances)]
    tables = encode_tables({"real": real, "drawn": drawn}, codec.schema)
    return two_sample_auc(tables["real"], tables["drawn"], seed=seed).auc


def raked(codes: np.ndarray, target: np.ndarray, levels: tuple[int, ...]) -> np.ndarray:
    """[N] weights of rows with these codes [N, V] that meet the marginals of the target [M, V]."""
    weights = np.ones(len(codes))
    for _ in range(ROUNDS):
        for column, size in enumerate(levels):
            wanted, own = target[:, column], codes[:, column]
            known = own >= 0
            shares = np.bincount(wanted[wanted >= 0], minlength=size) / len(wanted)
            held = np.bincount(own[known], weights=weights[known], minlength=size) / weights.sum()
            factor = np.where(held > 0, np.maximum(shares, 1e-9) / np.maximum(held, 1e-12), 1)
            weights[known] *= factor[own[known]]
    return weights / weights.sum()


if __name__ == "__main__":
    main()
