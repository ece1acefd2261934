"""The promise on the artifact: what it holds, and what it decides, rests on `min_count` rows."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def slack_of(rows: int, min_count: int) -> int:
    """Rows that decide nothing of what a column is: `min_count - 1`; none in a table too short to
    learn from."""
    return min_count - 1 if rows >= 2 * min_count else 0


def largest_shown(values: NDArray[Any], counts: NDArray[Any], slack: int) -> Any:
    """The largest value that more than `slack` rows reach, where `counts` rows hold each value; the
    least one where so few rows are there."""
    order = np.argsort(-values, kind="stable")
    place = int(np.searchsorted(np.cumsum(counts[order]), slack, side="right"))
    return values[order[min(place, len(order) - 1)]]


def full_dtype(dtype: Any) -> str:
    """The name of a dtype, or of its counterpart that holds no missing values."""
    name = str(dtype)
    whole = pd.api.types.is_integer_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    return {"boolean": "bool"}.get(name, name.lower()) if whole else name


def nullable(dtype: str) -> str:
    """The dtype itself, or its counterpart that can hold missing values."""
    target = pd.api.types.pandas_dtype(dtype)
    if isinstance(target, np.dtype) and target.kind in "iub":
        return "boolean" if target.kind == "b" else target.name.replace("i", "I").replace("u", "U")
    return dtype
