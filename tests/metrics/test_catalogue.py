"""The table of metrics is that of the docstrings."""

from pathlib import Path

import pytest

from synth_dl.metrics.catalogue import METRICS, described, metrics_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


@pytest.mark.parametrize("metric", sum(METRICS.values(), ()), ids=lambda each: each.__name__)
def test_each_metric_says_unit_range_direction_and_source(metric) -> None:
    found = described(metric)
    assert all(vars(found).values())


def test_the_page_is_made_from_the_docstrings() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page()


def test_a_metric_that_says_nothing_is_named() -> None:
    def silent() -> None:
        """Something."""

    with pytest.raises(ValueError, match="silent does not say Unit"):
        described(silent)
