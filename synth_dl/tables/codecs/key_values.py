"""Columns of identifiers as texts, and back to their own dtype."""

import numpy as np
import pandas as pd

from synth_dl.errors import DataError


def distinct_texts(values: pd.Series) -> tuple[np.ndarray, list[str], bool]:
    """The distinct values as texts.

    Returns the index of each row's text (-1 where missing), the texts, and whether the values are
    integers (floats without a fraction count as such).

    Raises:
        DataError: the values have fractions.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    rows, distinct = pd.factorize(values)
    if pd.api.types.is_bool_dtype(distinct.dtype):
        return rows, [str(value) for value in distinct], False
    if pd.api.types.is_integer_dtype(distinct.dtype):
        return rows, list(map(str, distinct.tolist())), True
    if pd.api.types.is_float_dtype(distinct.dtype):
        numbers = np.asarray(distinct, dtype=np.float64)
        if not np.isfinite(numbers).all() or (numbers != np.rint(numbers)).any():
            raise DataError(
                f"Column {values.name!r} holds fractions; declare it as a number, not as a key."
            )
        return rows, [str(int(number)) for number in numbers.tolist()], True
    found = distinct.tolist()
    number = bool(found) and all(type(value) is int for value in found)
    texts = list(map(str, found))
    if len(set(texts)) < len(texts):
        again, unique = pd.factorize(np.array(texts, dtype=object))
        return np.append(again, -1)[rows], unique.tolist(), number
    return rows, texts, number


def largest_integer(dtype: str) -> int:
    """The largest integer that every dtype of this name, and its negative, can hold exactly."""
    name = dtype.lower()
    if name.startswith("float"):
        return {"float16": 2**11, "float32": 2**24}.get(name, 2**53)
    try:
        return int(np.iinfo(name).max)
    except (TypeError, ValueError):
        return int(np.iinfo(np.int64).max)


def wider(dtype: str) -> str:
    """The integer dtype to turn to where one is too small; it holds missing values if that can."""
    return "int64" if dtype.startswith(("int", "uint")) else "Int64"


def restored(values: np.ndarray, dtype: str, number: bool) -> pd.Series:
    """Texts, None where missing, as a column of a dtype."""
    if not number:
        kind = "category" if dtype == "category" else dtype
        return pd.Series(values, dtype=kind)
    missing = np.array([value is None for value in values], dtype=bool)
    if not missing.any():
        integers = values.astype("S").astype(np.uint64 if dtype.lower() == "uint64" else np.int64)
        return pd.Series(integers).astype(dtype)
    whole = [None if value is None else int(value) for value in values]
    return pd.Series(whole, dtype="object").astype(dtype)
