"""The figures of reports beside those of SDMetrics and synthcity, where both define the same.

    python benchmarks/agreement.py > benchmarks/agreement.txt
    python benchmarks/agreement.py --environment kept

Makes an environment for the two (they need another version of pandas), computes the
figures of three made tables and of Adult there and here, and prints one line of JSON for each
metric and table: how many figures were compared and by how much they differ at most. Where the
definitions differ on purpose the line says why, and gives both figures. The exit status is 1 if
figures differ by more than 1e-6 that should agree.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from contextlib import suppress
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from agreement_tables import ROLES, Made, adult, mixed, numbers_alone
from agreement_theirs import ASKED
from measuring import commit, print_line

from synth_dl.metrics.column_tests import column_tests
from synth_dl.metrics.distances import frechet_distance
from synth_dl.metrics.embedding import Embedding
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.manifolds import manifold_scores
from synth_dl.metrics.marginals import missing_error, shape_error, shape_errors
from synth_dl.metrics.neighbours import copy_share, nearer_train_share
from synth_dl.metrics.supports import alpha_precision, beta_recall
from synth_dl.metrics.trends import trend_error_own_bins, trend_errors

PRECISION = 1e-6
LIBRARIES = ("sdmetrics==0.32.0", "synthcity==0.2.12")
BESIDE = ("pandas<3", "scipy", "scikit-learn", "pyarrow", "tqdm", "plotly")
DROPPED = "theirs drops missing cells; ours counts them, and so sees a wrong share of them"
BINS = ("theirs puts numbers beyond the real ones into the outermost bins, and the largest real "
        "one too; ours has a bin below and one from the largest on")  # fmt: skip
TIES = ("copies of real rows lie on the edge of the ball of which the real row is the last "
        "neighbour: outside in theirs, inside in ours")  # fmt: skip
DIFFER = {
    "KSComplement, missing cells dropped": DROPPED,
    "TVComplement, missing cells dropped": DROPPED,
    "ContingencySimilarity, bins of the real column": BINS,
    "NewRowSynthesis, within 1 %": "theirs takes numbers within 1 % for equal; ours does not",
    "ChiSquaredTest, of shares": "theirs tests shares as if they were counts, one sample against "
    "the other as the truth; ours tests the counts of two samples",
    "CommonRowsProportion, of real rows": "theirs is the number of distinct shared rows for each "
    "real row; ours the share of synthetic rows that are copies",
}  # fmt: skip
IN_LAST = "theirs puts missing numbers into the last bin; ours into one of their own"
WEIGHTS = (
    "theirs divides by the range of either reference, weighs a category as much as the range of a "
    "number, and counts ties for the holdout; ours takes the training range for both, the weights "
    "of TabSyn, and half of the ties"
)
ON_TABLE = {
    ("holes", "Column Shapes"): DROPPED,
    ("adult", "Column Shapes"): DROPPED,
    ("holes", "Column Pair Trends"): IN_LAST,
    ("holes", "ContingencySimilarity, bins of the real column"): f"{BINS}; {IN_LAST}",
    **{(table, "DCROverfittingProtection"): WEIGHTS for table in ("whole", "holes", "adult")},
    **{
        (table, f"PRDCScore, {name}"): TIES
        for table in ("whole", "holes", "adult")
        for name in ("precision", "recall", "density", "coverage")
    },
}


def ours(made: Made, points: list[np.ndarray]) -> dict[str, float]:
    """What synth_dl says, in the terms of the others."""
    tables = made.encoded()
    real, synthetic = tables["real"], tables["synthetic"]
    numeric = dict(zip(real.names, real.numeric, strict=True))
    found = {}
    for name, error in shape_errors(real, synthetic).items():
        metric = "KSComplement" if numeric[name] else "TVComplement"
        for words in ("", ", missing cells dropped"):
            found[f"{metric}{words}|{name}"] = 1 - error / 100
        alone = (_only(each, [name]) for each in (real, synthetic))
        found[f"MissingValueSimilarity|{name}"] = 1 - missing_error(*alone) / 100
    found |= _pairs(real, synthetic)
    found["Column Shapes|all"] = 1 - shape_error(real, synthetic) / 100
    found["Column Pair Trends|all"] = 1 - trend_error_own_bins(real, synthetic) / 100
    asked = synthetic.take(np.arange(min(ASKED, len(synthetic))))
    for words in ("", ", within 1 %"):
        found[f"NewRowSynthesis{words}|all"] = 1 - copy_share(real, asked) / 100
    nearer = nearer_train_share(real, tables["holdout"], synthetic)
    found["DCROverfittingProtection|all"] = nearer.percent / 100
    return found | _of_synthcity(made, real, synthetic, points)


def _pairs(real: EncodedTable, synthetic: EncodedTable) -> dict[str, float]:
    numeric = dict(zip(real.names, real.numeric, strict=True))
    errors = trend_errors(real, synthetic)
    found = {}
    for first, second in combinations(range(len(real.columns)), 2):
        names = real.names[first], real.names[second]
        metric = ("ContingencySimilarity", "ContingencySimilarity, bins of the real column",
                  "CorrelationSimilarity")[sum(numeric[name] for name in names)]  # fmt: skip
        ordered = sorted(names, key=lambda name: not numeric[name])
        found[f"{metric}|{' × '.join(ordered)}"] = 1 - errors[first, second] / 100
    return found


def _of_synthcity(
    made: Made, real: EncodedTable, synthetic: EncodedTable, points: list[np.ndarray]
) -> dict[str, float]:
    scores = manifold_scores(*points)
    found = {
        "AlphaPrecision, alpha|all": alpha_precision(real, synthetic) / 100,
        "AlphaPrecision, beta|all": beta_recall(real, synthetic) / 100,
        "PRDCScore, precision|all": scores.precision / 100,
        "PRDCScore, recall|all": scores.recall / 100,
        "PRDCScore, density|all": scores.density,
        "PRDCScore, coverage|all": scores.coverage / 100,
        "FrechetInceptionDistance|all": frechet_distance(*points),
    }
    numbers = [_only(each, made.numbers) for each in (real, synthetic)]
    whole = [each.take(~np.isnan(each.values).any(axis=1)) for each in numbers]
    found["KolmogorovSmirnovTest|numbers"] = 1 - shape_error(*whole) / 100
    p_values = [each.p_value for each in column_tests(real, synthetic)
                if each.test == "chi-squared"]  # fmt: skip
    if p_values:
        found["ChiSquaredTest, of shares|categories"] = float(np.mean(p_values))
    found["CommonRowsProportion, of real rows|all"] = copy_share(real, synthetic) / 100
    whole = [made.frames[role].drop_duplicates() for role in ROLES[:2]]
    size = min(map(len, whole))
    distinct = Made(
        {role: each[:size] for role, each in zip(ROLES, whole, strict=False)}, made.numbers
    )
    found["CommonRowsProportion|distinct rows"] = copy_share(*distinct.encoded().values()) / 100
    return found


def _only(table: EncodedTable, names: list[str]) -> EncodedTable:
    places = [table.names.index(name) for name in names]
    return EncodedTable(tuple(table.columns[place] for place in places), table.values[:, places])


def write(made: Made, folder: Path) -> list[np.ndarray]:
    """What the others read: the tables, and the points that rows are here, which are returned."""
    folder.mkdir(parents=True)
    for role, frame in made.frames.items():
        frame.to_parquet(folder / f"{role}.parquet")
    tables = made.encoded()
    embedding = Embedding.of(tables["real"])
    points = [embedding(tables[role]) for role in ROLES[:2]]
    for role, cloud in zip(ROLES, points, strict=False):
        np.save(folder / f"{role}.npy", cloud)
    (folder / "numbers.json").write_text(json.dumps(made.numbers), encoding="utf-8")
    return points


def theirs(folder: Path, environment: Path) -> dict[str, Any]:
    """The figures of the others, by an environment that is made where it is not there yet."""
    python = environment / "bin" / "python"
    if not python.is_file():
        venv.create(environment, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *BESIDE], check=True)
        # Without what they name: more than 100 packages, which the metrics here do not use.
        subprocess.run([*install, "--no-deps", *LIBRARIES], check=True)
    script = Path(__file__).with_name("agreement_theirs.py")
    subprocess.run([str(python), str(script), str(folder.resolve())], check=True, cwd=folder)
    return json.loads((folder / "theirs.json").read_text(encoding="utf-8"))


def lines_of(table: str, here: dict[str, float], there: dict[str, float]) -> list[dict[str, Any]]:
    """One line for each metric.

    Raises:
        ValueError: if the sides have not computed the same.
    """
    if here.keys() != there.keys():
        raise ValueError(f"{table}: only one side has {sorted(here.keys() ^ there.keys())}")
    lines = []
    for metric in dict.fromkeys(key.partition("|")[0] for key in there):
        keys = [key for key in there if key.partition("|")[0] == metric]
        worst = max(keys, key=lambda key: abs(here[key] - there[key]))
        apart = abs(here[worst] - there[worst])
        why = ON_TABLE.get((table, metric)) or DIFFER.get(metric)
        lines.append(
            {
                "metric": metric, "table": table, "figures": len(keys),
                "largest_difference": apart,
                "of": worst.partition("|")[2], "ours": here[worst], "theirs": there[worst],
                **({"differs_because": why} if why and apart > PRECISION else {}),
            }
        )  # fmt: skip
    return lines


def main() -> int:
    """Print the lines; 1 if figures differ that should not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=2_000, help="of each table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--environment", type=Path, help="folder in which theirs stays")
    arguments = parser.parse_args()
    rows, seed = arguments.rows, arguments.seed
    tables = {
        "numbers": numbers_alone(rows, seed),
        "whole": mixed(rows, seed),
        "holes": mixed(rows, seed + 1, holes=0.1),
    }
    with suppress(SystemExit):  # which said that it is missing
        tables["adult"] = adult(rows, seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        points = {name: write(made, folder / "tables" / name) for name, made in tables.items()}
        environment = arguments.environment or folder / "environment"
        answer = theirs(folder / "tables", environment)
    own = {name: version(name) for name in ("synth_dl", "numpy", "pandas", "scipy")}
    print_line({"commit": commit(), "rows": rows, "seed": seed, "ours": own}
               | {"theirs": answer["versions"]})  # fmt: skip
    wrong = 0
    for name, made in tables.items():
        for line in lines_of(name, ours(made, points[name]), answer["tables"][name]):
            print_line(line)
            wrong += not (line.get("differs_because") or line["largest_difference"] <= PRECISION)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
