"""The benchmark of rows a second: its recipe is one, with fifteen columns."""

import sys
from pathlib import Path

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from recipe_speed import RECIPE, drawn


def test_its_rows_are_written(tmp_path: Path) -> None:
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "rows.parquet"
    recipe.write_text(RECIPE, encoding="utf-8")
    seconds, work = drawn(recipe, 200_000, out)
    assert min(seconds, work) > 0
    found = pq.ParquetFile(out).metadata
    assert (found.num_rows, found.num_columns) == (200_000, 15)
    assert found.num_row_groups < 10
