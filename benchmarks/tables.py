"""The figures of the default options on tables of many kinds.

    python benchmarks/tables.py
    python benchmarks/tables.py --only shoppers small

Real ones: Online Shoppers and congress terms (files of SYNTH_DL_DATA, 90 % of the rows to learn
from and 10 % as holdout, drawn by seed 1234), and the embedded anes96 and randhie. Made-up ones,
with fixed seeds: see `made_up.py`. Prints one line of JSON for each.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import made_up
import numpy as np
from figures import figures_of, references_of
from measuring import commit, data_file, print_line, train

SPLIT_SEED = 1234
HOLDOUT = 0.1


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder in which the runs stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in arguments.only:
            run_dir = folder / name
            words = TABLES[name](folder, name)
            took = train(run_dir, *words, f"seed={arguments.seed}")
            line = {"table": name, "seed": arguments.seed, "commit": commit()}
            line |= figures_of(run_dir, took, arguments.seed)
            print_line(line | references_of(run_dir))


def embedded(folder: Path, name: str) -> list[str]:
    """Options for a table that comes with the package; its own options set rows apart."""
    return [f"data={name}"]


def file(
    path: str, target: str, holdout: float = HOLDOUT, rows: int | None = None
) -> Callable[[Path, str], list[str]]:
    """Options for a file with a header row, a share of whose rows, or of `rows`, is set apart."""

    def words(folder: Path, name: str) -> list[str]:
        header, *lines = data_file(path).read_text(encoding="utf-8").splitlines()
        order = np.random.default_rng(SPLIT_SEED).permutation(len(lines))[:rows]
        cut = round(holdout * len(order))
        for part, chosen in (("holdout", order[:cut]), ("train", order[cut:])):
            text = "\n".join([header, *(lines[index] for index in np.sort(chosen))])
            (folder / f"{name}-{part}.csv").write_text(text + "\n", encoding="utf-8")
        return _words(folder, name, target)

    return words


def generated(make: Callable[[], made_up.MadeUp]) -> Callable[[Path, str], list[str]]:
    """Options for a made-up table."""

    def words(folder: Path, name: str) -> list[str]:
        made = make()
        made.train.to_csv(folder / f"{name}-train.csv", index=False)
        made.holdout.to_csv(folder / f"{name}-holdout.csv", index=False)
        return _words(folder, name, made.target)

    return words


def _words(folder: Path, name: str, target: str) -> list[str]:
    return [
        "data=csv",
        f"data.path={folder / name}-train.csv",
        f"data.holdout={folder / name}-holdout.csv",
        f"data.target={target}",
    ]


TABLES: dict[str, Callable[[Path, str], list[str]]] = {
    "shoppers": file("shoppers/online_shoppers_intention.csv", "Revenue"),
    "congress": file("congress/congress-terms.csv", "party"),
    "anes96": embedded,
    "randhie": embedded,
    "small": generated(made_up.small),
    "wide": generated(made_up.wide),
    "numbers": generated(made_up.numbers),
    "missing": generated(made_up.missing),
    "rare": generated(made_up.rare),
}

if __name__ == "__main__":
    main()
