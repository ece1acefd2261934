"""How many rows a second a recipe makes: 15 columns with a copula, to Parquet and to CSV.

    python benchmarks/recipe_speed.py
    python benchmarks/recipe_speed.py --rows 2000000

By `synth-sample recipe=...` in this process, after a short run that loads the libraries; the time
is that of the whole command, from reading the recipe to the file in its place. Prints one line of
JSON for each kind of file.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from measuring import commit, print_line

from synth_dl.cli import sample

RECIPE = """\
columns:
  id: {sequence: 1}
  region: {values: {north: 0.5, south: 0.3, east: 0.2}}
  grade: {values: {A: 0.3, B: 0.4, C: 0.2, D: 0.1}, ordered: true}
  purpose: {values: [car, house, study, travel, other]}
  member: {boolean: 0.3}
  opened: {between: [2019-01-01, 2024-12-31], weekdays: [1, 1, 1, 1, 1, 0.2, 0.1]}
  age: {distribution: normal, loc: 45, scale: 12, between: [18, 90], decimals: 0}
  income: {distribution: lognorm, s: 0.5, scale: 30000, decimals: 2}
  savings: {distribution: expon, scale: 8000, decimals: 2, zero: 0.3}
  debt: {distribution: gamma, a: 2, scale: 3000, missing: 0.05}
  rate: {distribution: beta, a: 2, b: 5}
  score: {distribution: t, df: 5, loc: 600, scale: 40}
  children: {distribution: poisson, mu: 1.2}
  height: {quantiles: [1.2, 1.5, 1.6, 1.7, 2.1]}
  limit: {formula: "round(min(income * 0.3, 20000), -2)"}
correlation:
  measure: spearman
  columns: [age, income, savings, score, grade]
  matrix:
    - [1, 0.3, 0.3, 0.2, 0]
    - [0.3, 1, 0.5, 0.3, -0.2]
    - [0.3, 0.5, 1, 0.3, -0.2]
    - [0.2, 0.3, 0.3, 1, -0.4]
    - [0, -0.2, -0.2, -0.4, 1]
"""


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kinds", nargs="+", default=["parquet", "csv"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        recipe = Path(temporary, "recipe.yaml")
        recipe.write_text(RECIPE, encoding="utf-8")
        drawn(recipe, 1000, Path(temporary, "short.parquet"))
        for kind in arguments.kinds:
            out = Path(temporary, f"rows.{kind}")
            seconds, work = drawn(recipe, arguments.rows, out)
            print_line({
                "kind": kind, "rows": arguments.rows, "seconds": round(seconds, 2),
                "rows_a_second": round(arguments.rows / seconds),
                "processor_seconds": round(work, 2), "processors": os.cpu_count(),
                "megabytes": round(out.stat().st_size / 1e6, 1), "commit": commit(),
            })  # fmt: skip


def drawn(recipe: Path, rows: int, out: Path) -> tuple[float, float]:
    """Seconds by the clock and of the processors that the command takes."""
    began, worked = time.perf_counter(), time.process_time()
    if sample([f"recipe={recipe}", f"n={rows}", f"out={out}"]) != 0:
        raise SystemExit(1)
    return time.perf_counter() - began, time.process_time() - worked


if __name__ == "__main__":
    main()
