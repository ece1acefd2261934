"""The least and the largest value that a column may hold, where somebody has declared them."""

import re
from math import ceil, floor, isfinite
from typing import Any

import numpy as np
import pandas as pd

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?")


def check_limits(kind: str, minimum: Any, maximum: Any) -> None:
    """Refuse, by a ValueError, limits that are none of a number or a date."""
    found = []
    for name, value in (("minimum", minimum), ("maximum", maximum)):
        if value is None:
            continue
        if kind == "number":
            if isinstance(value, str | bool) or not isfinite(value):
                raise ValueError(f"`{name}` must be a number, not {value!r}")
            found.append(value)
        elif not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValueError(f"`{name}` must be a date such as 2020-01-31, not {value!r}")
        else:
            found.append(_moment(name, value))
    if len(found) == 2 and not found[0] < found[1]:
        raise ValueError(f"`minimum` is {minimum}, which is not below `maximum`, {maximum}")


def clipped(values: pd.Series, minimum: Any, maximum: Any) -> pd.Series:
    """The values with those beyond the limits at the limits; None is no limit."""
    if isinstance(minimum, str) or isinstance(maximum, str):
        zone = getattr(values.dtype, "tz", None)
        low, high = (None if m is None else _in_zone(m, zone) for m in (minimum, maximum))
    else:
        low, high = minimum, maximum
        if pd.api.types.is_integer_dtype(values.dtype):
            most = np.iinfo(getattr(values.dtype, "numpy_dtype", values.dtype))
            low = None if low is None or low <= most.min else ceil(low)
            high = None if high is None or high >= most.max else floor(high)
    return values.clip(low, high)


def _moment(name: str, value: str) -> Any:
    try:
        return pd.Timestamp(value)
    except ValueError as error:
        raise ValueError(f"`{name}` is {value}, which no calendar has") from error


def _in_zone(value: str, zone: Any) -> Any:
    moment = pd.Timestamp(value)
    if zone is None:
        return moment
    return moment.tz_localize(zone, nonexistent="shift_forward", ambiguous=True)
