"""Standard errors of figures, against their spread over fresh samples."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from known_tables import known

from synth_dl.metrics.encoded import EncodedTable, independent_columns
from synth_dl.metrics.intervals import area_error, error_by_parts, share_error
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.picking import low_order_error
from synth_dl.metrics.report import Metric
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
    assert share_error(100.0, 400) == pytest.approx(share_error(0.0, 400))
    # So many can be there in 1 of 20 cases where none is found among 400.
    most = 100 * (1 - 0.025 ** (1 / 400))
    assert 0.7 * most < 1.96 * share_error(0.0, 400) < most
    assert share_error(0.0, 2) <= 50.0


def test_few_records_have_no_error() -> None:
    assert error_by_parts(shape_error, known(59, 0), known(1_000, 1)) is None
    assert error_by_parts(shape_error, known(60, 0), known(1_000, 1)) is not None


@pytest.mark.parametrize(
    ("unit", "better", "value", "error", "ends"),
    [
        ("%", "lower", 1.0, 1.0, (0.0, 2.96)),
        ("%", "higher", 99.0, 1.0, (97.04, 100.0)),
        ("%", "50", 50.0, 1.0, (48.04, 51.96)),
        ("points", "0", -1.0, 1.0, (-2.96, 0.96)),
        ("points", "as the holdout", 98.0, 2.0, (94.08, 100.0)),
        ("AUC", "higher", 0.99, 0.01, (0.9704, 1.0)),
        ("AUC", "0", 0.01, 0.01, (-0.0096, 0.0296)),
        ("R2", "higher", -2.0, 1.0, (-3.96, -0.04)),
        ("ratio", "at least 1", 0.1, 0.1, (0.0, 0.296)),
        ("nats a row", "higher", 1.0, 1.0, (-0.96, 2.96)),
    ],
)
def test_an_interval_ends_where_the_figure_does(
    unit: str, better: str, value: float, error: float, ends: tuple[float, float]
) -> None:
    metric = Metric("a", "a", "", unit, better, synthetic=value, standard_error=error)
    assert metric.ends == pytest.approx(ends)
    assert replace(metric, standard_error=None).ends is None
    wide = replace(metric, limits=(None, None)).ends
    assert wide == pytest.approx((value - 1.96 * error, value + 1.96 * error))
