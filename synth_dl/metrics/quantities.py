"""Numbers and dates of a table as readers write them."""

import math
from typing import Literal

import numpy as np

Unit = Literal["number", "day", "second"]  # dates are seconds since 1970, of whole days or not
DIGITS = 6  # of a number whose neighbours are not known


def quantity(value: float, unit: Unit = "number", step: float | None = None) -> str:
    """A value of a column in words.

    Args:
        value: a number, or seconds since 1970.
        unit: what the column holds.
        step: how far the next value that is shown beside it is; 6 digits if None.
    """
    if unit != "number":
        # The means of dates have fractions; the second or day that they lie in is meant.
        moment = np.datetime64(math.floor(value), "s")
        whole = unit == "day" or (step is not None and step >= 86_400)
        return str(moment.astype("datetime64[D]")) if whole else str(moment).replace("T", " ")
    size = abs(value) or 1.0
    decimals = DIGITS - 1 - math.floor(math.log10(size))
    if step:
        decimals = math.ceil(1 - math.log10(step))
    if size >= 1e15 or decimals > 12:
        return f"{value:.{DIGITS}g}"
    text = f"{value:.{max(decimals, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
