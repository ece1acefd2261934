"""Counts of combinations against a table that is counted by hand."""

import numpy as np

from synth_dl.privacy.marginals import exact_marginal

CODES = np.array([[0, 1, 2], [0, 1, 0], [1, 0, 2], [-1, 1, 2], [1, -1, 2]])


def test_each_combination_is_counted_and_unknown_codes_are_not() -> None:
    pair = exact_marginal(CODES, (2, 2, 3), (0, 1))
    assert pair.columns == (0, 1)
    assert pair.sigma == 0
    np.testing.assert_array_equal(pair.counts, [[0, 2], [1, 0]])
    np.testing.assert_array_equal(exact_marginal(CODES, (2, 2, 3), (2,)).counts, [1, 0, 4])
    assert exact_marginal(CODES, (2, 2, 3), (0, 1, 2)).counts[0, 1].tolist() == [1, 0, 1]
