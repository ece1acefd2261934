"""The benchmark of differential privacy: its figure of pairs, and its schemas."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.privacy.options import Privacy
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.private.declared import private_schema
from synth_dl.tables.schema import Column, Schema

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import declared_schemas
from two_way import two_way_error

SCHEMA = Schema((Column("x", "number", "float64"), Column("c", "category", "str")))


def error(first: pd.DataFrame, second: pd.DataFrame) -> float:
    tables = encode_tables({"first": first, "second": second}, SCHEMA)
    return two_way_error(tables["first"], tables["second"])


def test_pairs_are_compared_by_cells_of_quantiles() -> None:
    rows = pd.DataFrame({"x": np.arange(40.0), "c": ["a", "b"] * 20})
    assert error(rows, rows) == 0.0
    # Two rows a bin: nine bins of the upper half lose theirs to the last one.
    assert error(rows, rows.assign(x=rows["x"].where(rows["x"] < 20, 39.0))) == pytest.approx(45.0)
    assert error(rows, rows.assign(c="c")) == pytest.approx(100.0)
    # The ties go, and the columns stay as they are.
    assert error(rows, rows.assign(c=["b", "a"] * 20)) == pytest.approx(0.0)
    assert error(rows, rows.assign(c=["a"] * 20 + ["b"] * 20)) == pytest.approx(50.0)


def test_missing_numbers_and_a_number_of_many_rows_have_bins_of_their_own() -> None:
    rows = pd.DataFrame({"x": [0.0] * 30 + [5.0] * 10, "c": "a"})
    assert error(rows, rows.assign(x=[0.0] * 20 + [5.0] * 20)) == pytest.approx(25.0)
    assert error(rows, rows.assign(x=[0.0] * 30 + [np.nan] * 10)) == pytest.approx(25.0)


@pytest.mark.parametrize("name", ["ADULT", "CALIFORNIA", "SHOPPERS", "DIAMONDS", "MELBOURNE"])
def test_declared_schemas_are_enough_for_a_private_run(name: str) -> None:
    declared: Schema = getattr(declared_schemas, name)
    assert private_schema(declared, Privacy(1.0)).names == declared.names
    listed = [len(column.levels) for column in declared.columns if column.levels is not None]
    assert set(listed) <= {2}
