"""Families without a network on Adult: the figures of the default options, of three seeds.

    python benchmarks/classical.py
    python benchmarks/classical.py --only trees --seeds 0

Trains by `synth-train model=NAME` as `adult.py` does, and measures the same: seconds, shape and
trend error, two-sample AUC against fresh rows, efficiency of a predictor. Prints one line of JSON
for each seed, and for several one for each family with the mean and the worst.
"""

import argparse
import tempfile
from pathlib import Path

from adult import one_seed, summary
from measuring import ROOT, commit, print_line

KNOWN = ("trees", "chow_liu", "copula", "mixture", "distributions")
FAMILIES = [each for each in KNOWN if (ROOT / "configs" / "model" / f"{each}.yaml").is_file()]


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=FAMILIES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--keep", type=Path, help="folder in which the runs stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for family in arguments.only:
            lines = [one_seed(folder, seed, family) for seed in arguments.seeds]
            if len(lines) > 1:
                line = {"model": family, "seeds": arguments.seeds, "commit": commit()}
                print_line(line | summary(lines))


if __name__ == "__main__":
    main()
