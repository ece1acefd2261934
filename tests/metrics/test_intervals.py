"""Standard errors of figures, against their spread over fresh samples."""

from collections.abc import Callable

import numpy as np
import pytest
from known_tables import known

from synth_dl.metrics.encoded import EncodedTable, independent_columns
from synth_dl.metrics.intervals import area_error, error_by_parts, share_error
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.picking import low_order_error
from synth_dl.metrics.supports import alpha_precision, beta_recall
from synth_dl.metrics.trends import trend_error

ROWS, SAMPLES = 1_000, 40
MEASURES = (shape_error, trend_error, alpha_precision, beta_recall, low_order_error)


@pytest.mark.parametrize("independent", [False, True])
@pytest.mark.parametrize("measure", MEASURES)
def test_the_spread_over_parts_is_that_over_samples(
    measure: Callable[[EncodedTable, EncodedTable], float], independent: bool
) -> None:
    def pair(seed: int) -> tuple[EncodedTable, EncodedTable]:
        real, made = known(ROWS, 2 * seed), known(ROWS, 2 * seed + 1)
        return real, independent_columns(made, seed) if independent else made

    spread = np.std([measure(*pair(seed)) for seed in range(SAMPLES)])
    told = [error_by_parts(measure, *pair(seed), seed) for seed in range(SAMPLES)]
    middle = np.median([each for each in told if each is not None])
    assert 0.6 < middle / spread < 1.7


def test_the_error_of_an_area_is_its_spread_over_samples() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    positive = np.arange(600) < 200
    scores = rng.normal(size=(400, 600)) + positive
    spread = np.std([roc_auc_score(positive, each) for each in scores])
    told = np.mean([area_error(each, positive) for each in scores])
    assert told == pytest.approx(spread, rel=0.1)


def test_shares_have_the_error_of_a_binomial() -> None:
    assert share_error(20.0, 400) == pytest.approx(2.0)
    assert share_error(0.0, 400) > 0
    assert share_error(100.0, 400) == pytest.approx(share_error(0.0, 400))


def test_few_records_have_no_error() -> None:
    assert error_by_parts(shape_error, known(59, 0), known(1_000, 1)) is None
    assert error_by_parts(shape_error, known(60, 0), known(1_000, 1)) is not None
