"""Tests of columns, supports, missing patterns, and what gives rows away: known answers."""

import numpy as np
import pandas as pd
import pytest
from encoded_tables import encoded, schema_of
from known_tables import fresh, known
from scipy.stats import chi2_contingency, ks_2samp

from synth_dl.metrics.column_tests import column_tests, holm
from synth_dl.metrics.encoded import EncodedTable, independent_columns
from synth_dl.metrics.supports import alpha_precision, beta_recall, missing_pattern_error
from synth_dl.metrics.telling import telling_columns, telling_regions


def test_p_values_are_those_of_scipy_and_holm() -> None:
    real, made = known(800, 0), known(600, 1)
    found = {each.column: each for each in column_tests(real, made)}
    expected = ks_2samp(real.values[:, 1], made.values[:, 1], method="asymp").pvalue
    assert found["size"].p_value == pytest.approx(expected)
    counts = [np.bincount(each.codes(0), minlength=4) for each in (real, made)]
    expected = chi2_contingency(counts, correction=False).pvalue
    assert found["group"].p_value == pytest.approx(expected)
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([0.5, 0.9])).max() == 1.0


def test_a_shifted_column_is_found_and_others_are_not() -> None:
    real, made = known(1_000, 0), known(1_000, 1)
    made.values[:, 4] += 1
    small = {each.column for each in column_tests(real, made) if each.corrected < 0.01}
    assert small == {"count"}


def test_equal_distributions_are_seldom_told_apart() -> None:
    tests = [column_tests(known(300, seed), known(300, seed + 100)) for seed in range(40)]
    assert sum(min(each.corrected for each in found) < 0.05 for found in tests) <= 6


def test_alpha_precision_and_beta_recall_of_known_clouds() -> None:
    real = known(2_000, 0)
    assert alpha_precision(real, real) == pytest.approx(100, abs=1)
    assert beta_recall(real, real) > 90
    assert alpha_precision(real, fresh(real, 1)) > 95
    far = EncodedTable(real.columns, real.values.copy())
    far.values[:, 1:3] += 1e6
    # No synthetic row in any ball: sum |0 - alpha| is sum alpha.
    assert alpha_precision(real, far) < 5
    assert beta_recall(real, far) == pytest.approx(0, abs=1)
    assert beta_recall(real, independent_columns(real)) < beta_recall(real, fresh(real, 1)) - 10


def test_missing_patterns_by_hand() -> None:
    real, made = encoded(
        schema_of(a="number", b="category"),
        {"a": [1, None, 1, None], "b": ["x", None, "x", None]},
        {"a": [1, None, 1, None], "b": [None, "x", "x", None]},
    )
    # Both or none, half each; against all four patterns, a quarter each.
    assert missing_pattern_error(real, made) == 50.0
    assert missing_pattern_error(real, real) == 0.0


def test_the_column_and_the_region_that_give_rows_away() -> None:
    rng = np.random.default_rng(0)

    def frame(rows: int) -> pd.DataFrame:
        return pd.DataFrame({"a": rng.normal(size=rows), "b": rng.choice(["x", "y"], rows)})

    real_frame, made_frame = frame(4_000), frame(4_000)
    inside = (made_frame["a"] > 1) & (made_frame["b"] == "x")
    made_frame.loc[inside, "a"] = -made_frame.loc[inside, "a"]
    real, made = encoded(schema_of(a="number", b="category"), real_frame, made_frame)
    assert next(iter(telling_columns(real, made))) == "a"
    first = telling_regions(real, made)[0]
    assert abs(first.real - first.synthetic) > 4
    bounds = {bound.column: bound for bound in first.bounds}
    assert bounds["b"].labels == ("x",)
    assert abs(bounds["a"].low or bounds["a"].high) == pytest.approx(1, abs=0.2)
    assert (
        telling_regions(*encoded(schema_of(a="number", b="category"), frame(900), frame(900))) == []
    )
