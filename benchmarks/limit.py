"""How near the default model comes to real rows, on tables of numbers and others.

    python benchmarks/limit.py
    python benchmarks/limit.py --only california diamonds --seeds 0 1 2 3 4

A fifth of the rows is fresh, drawn by seed 1234 whatever the seed of the training; of diamonds
20,000 rows are taken, of Adult the official files. Prints one line of JSON for each training:
two-sample AUC against fresh rows and against equally many training rows, the gap of both, what a
model learns from the draws beside what it learns from real rows, and seconds.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import made_up
from adult_files import adult_words, write_adult
from figures import figures_of, references_of
from measuring import commit, print_line, train
from tables import embedded, file, generated

HOLDOUT = 0.2


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--options", nargs="*", default=[], help="of synth-train, to try some")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.only:
            words = TABLES[name](Path(temporary), name)
            for seed in arguments.seeds:
                run_dir = Path(temporary) / f"{name}-{seed}"
                took = train(run_dir, *words, f"seed={seed}", *arguments.options)
                line = {"table": name, "seed": seed, "commit": commit()}
                line |= {"options": arguments.options} if arguments.options else {}
                line |= figures_of(run_dir, took, seed)
                print_line(line | references_of(run_dir))


def adult(folder: Path, name: str) -> list[str]:
    """Options for the official files of Adult."""
    return adult_words(*write_adult(folder))


TABLES: dict[str, Callable[[Path, str], list[str]]] = {
    "california": file("numbers/california_housing.csv", "median_house_value", HOLDOUT),
    "diamonds": file("numbers/diamonds.csv", "price", HOLDOUT, 20_000),
    "melbourne": file("numbers/melbourne_house_prices.csv", "Price", HOLDOUT),
    "adult": adult,
    "shoppers": file("shoppers/online_shoppers_intention.csv", "Revenue", HOLDOUT),
    "congress": file("congress/congress-terms.csv", "party", HOLDOUT),
    "anes96": embedded,
    "small": generated(made_up.small),
}

if __name__ == "__main__":
    main()
