"""What any order costs: how likely fresh rows are in the natural order and in others.

    python benchmarks/orders.py                      # trains on Adult first
    python benchmarks/orders.py --run runs/adult

An any-order model gives the same row another probability in another order. Exact negative
log-likelihood of the holdout in nats a row: in the natural order, and with random subsets of the
columns first, for each size of the subset the mean and the standard deviation over the orders.
`row_deviation` is how far the orders are apart for one row: the standard deviation over all the
orders drawn, mean over rows. Prints one line of JSON.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from adult_files import adult_words, write_adult
from figures import real_rows
from measuring import commit, print_line, train

import synth_dl

MOST_ROWS = 4096
PART = 1024


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--run", type=Path, help="a run with a holdout, instead of training one")
    parser.add_argument("--subsets", type=int, default=8, help="orders for each size")
    parser.add_argument("--seed", type=int, default=0, help="of training and of the orders")
    parser.add_argument("words", nargs="*", help="options of the training: model.any_order=0")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run_dir = arguments.run
        if run_dir is None:
            run_dir = Path(temporary) / "run"
            words = [*adult_words(*write_adult(Path(temporary))), f"seed={arguments.seed}"]
            train(run_dir, *words, *arguments.words)
        line = {"commit": commit(), "words": arguments.words}
        print_line(line | measure(run_dir, arguments.subsets, arguments.seed))


def measure(run_dir: Path, subsets: int, seed: int) -> dict[str, Any]:
    """Nats a row of the holdout in many orders."""
    synth = synth_dl.load(run_dir / "artifact")
    holdout = real_rows(run_dir)[0]["holdout"].head(MOST_ROWS)
    codes = torch.from_numpy(synth.codec.encode(holdout)).long()
    of_variable = np.array([variable.column for variable in synth.codec.spec.variables])
    columns = np.unique(of_variable)
    generator = np.random.default_rng(seed)
    natural = row_nats(synth.model, codes, None)
    by_size, every = {}, [natural]
    for size in range(1, len(columns)):
        drawn = []
        for _ in range(subsets):
            first = np.isin(of_variable, generator.choice(columns, size, replace=False))
            drawn.append(row_nats(synth.model, codes, torch.from_numpy(first)))
        means = [float(nats.mean()) for nats in drawn]
        by_size[size] = {"mean": round(np.mean(means), 4), "deviation": round(np.std(means), 4)}
        every += drawn
    means = [float(nats.mean()) for nats in every[1:]]
    return {
        "rows": len(codes),
        "natural": round(float(natural.mean()), 4),
        "given_first": round(float(np.mean(means)), 4),
        "deviation": round(float(np.std(means)), 4),
        "row_deviation": round(float(torch.stack(every).std(0).mean()), 4),
        "by_size": by_size,
    }


def row_nats(model: Any, codes: torch.Tensor, first: torch.Tensor | None) -> torch.Tensor:
    """[N] negative log-likelihood of the codes, the variables `first` [V] before the others."""
    parts = []
    with torch.inference_mode():
        for part in codes.split(PART):
            given = None if first is None else first.expand(len(part), -1)
            parts.append(-model.log_prob(part, given).sum(1))
    return torch.cat(parts)


if __name__ == "__main__":
    main()
