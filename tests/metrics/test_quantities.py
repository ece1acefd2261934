"""Numbers and dates in words."""

import pytest

from synth_dl.metrics.quantities import quantity

DAY = 86_400.0


@pytest.mark.parametrize(
    ("value", "step", "said"),
    [
        (0.0, None, "0"),
        (-0.0, 0.5, "0"),
        (44.5, None, "44.5"),
        (2015.0, None, "2015"),
        (12345.67, None, "12345.7"),
        (1_234_567.0, None, "1234567"),
        (-0.00123, None, "-0.00123"),
        (1e-20, None, "1e-20"),
        (3e18, None, "3e+18"),
        (100_003.0, 2.0, "100003"),
        (100_003.25, 0.5, "100003.25"),
        (17.96, 3.0, "18"),
        (0.00012, 0.00005, "0.00012"),
    ],
)
def test_numbers_are_told_apart_without_needless_digits(
    value: float, step: float | None, said: str
) -> None:
    assert quantity(value, "number", step) == said


def test_dates_are_written_as_such() -> None:
    assert quantity(20 * DAY, "day") == "1970-01-21"
    assert quantity(-1.0, "day") == "1969-12-31"
    assert quantity(20.5 * DAY + 0.25, "second") == "1970-01-21 12:00:00"
    assert quantity(20.5 * DAY, "second", 2 * DAY) == "1970-01-21"
    assert quantity(20.5 * DAY, "second", 60.0) == "1970-01-21 12:00:00"
