"""From pandas dtypes to plain numbers and back."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.tables.promise import nullable
from synth_dl.tables.schema import Column

GRID_LIMIT = 2.0**62  # differences of two such integers still fit in 64 bits


def is_integer(dtype: str) -> bool:
    """Whether a dtype holds whole numbers only."""
    return pd.api.types.is_integer_dtype(pd.api.types.pandas_dtype(dtype))


def real_type(dtype: str) -> np.dtype:
    """The float type that numbers of a dtype are rounded to."""
    found = _numpy(dtype)
    return found if found.kind == "f" else np.dtype(np.float64)


def fits_grid(values: pd.Series, decimals: int | None, dtype: str, slack: int = 0) -> bool:
    """Whether multiples of `10 ** -decimals` up to the largest value are told apart exactly; those
    of `slack` rows may be larger."""
    if decimals is None:
        return False
    sizes = np.sort(np.abs(_floats(values.dropna())))
    largest = float(sizes[-1 - slack]) if len(sizes) > slack else 0.0
    whole = is_integer(dtype) and pd.api.types.is_integer_dtype(values.dtype)
    limit = GRID_LIMIT if whole else 1 / float(np.finfo(real_type(dtype)).eps)
    return largest * 10.0 ** (0 if whole else decimals) < limit


def numbers_of(
    values: pd.Series, decimals: int | None, dtype: str
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """[N] multiples of `10 ** -decimals` as int64 (floats where it is None), and which are present.

    Numbers too large for the grid become its last ones.
    """
    present = values.notna().to_numpy(dtype=bool)
    if decimals is None:
        with np.errstate(over="ignore"):
            return np.where(present, _floats(values), 0.0).astype(real_type(dtype)), present
    source = _numpy(str(values.dtype)) if pd.api.types.is_integer_dtype(values.dtype) else None
    if decimals <= 0 and source is not None:
        whole = values.fillna(0).to_numpy(dtype=source)
        if source.kind == "u":
            whole = np.minimum(whole, np.uint64(GRID_LIMIT)).astype(np.int64)
        whole = np.clip(whole.astype(np.int64), -int(GRID_LIMIT), int(GRID_LIMIT))
        step = 10**-decimals
        return (whole + step // 2) // step, present
    floats = np.nan_to_num(np.where(present, _floats(values), 0.0))
    scale = 10.0 ** abs(decimals)
    with np.errstate(over="ignore"):
        scaled = floats * scale if decimals > 0 else floats / scale
    return np.rint(np.clip(scaled, -GRID_LIMIT, GRID_LIMIT)).astype(np.int64), present


def restore_numbers(
    numbers: NDArray[Any], present: NDArray[np.bool_], decimals: int | None, dtype: str
) -> pd.Series:
    """A series of a dtype from what `numbers_of` makes of it."""
    if decimals is not None and decimals > 0:
        numbers = numbers / 10.0**decimals
    elif decimals is not None:
        numbers = numbers * 10**-decimals
    if is_integer(dtype) and numbers.dtype.kind == "f":
        target = _numpy(dtype)
        limits = np.iinfo(target)
        top = np.nextafter(float(limits.max) + 1, 0)
        numbers = np.clip(np.rint(numbers.astype(np.float64)), limits.min, top).astype(target)
    if present.all():
        return pd.Series(numbers).astype(dtype)
    masked = pd.Series(numbers)
    masked = masked.astype(nullable(str(masked.dtype)))
    return masked.mask(~present).astype(nullable(dtype))


def restore_choices(
    choices: Sequence[Any], index: NDArray[np.int64], present: NDArray[np.bool_], column: Column
) -> pd.Series:
    """A series of the column's dtype from [N] indices into `choices`, missing where not present."""
    if column.dtype == "category":
        kept = pd.CategoricalDtype(list(choices), ordered=column.ordered)
        return pd.Series(pd.Categorical.from_codes(np.where(present, index, -1), dtype=kept))
    full = bool(present.all())
    dtype = column.dtype if full else nullable(column.dtype)
    typed = pd.Series([*choices, *[None] * (not full)], dtype="object").astype(dtype)
    taken = typed.array.take(np.where(present, index, len(choices)))
    return pd.Series(taken, dtype=typed.dtype)


def distinct_values(values: pd.Series) -> tuple[NDArray[np.int64], list[str] | NDArray[Any]]:
    """[N] index of each value among the distinct ones, -1 where missing, and the distinct ones:
    an array where they are integers, else texts.

    Raises:
        DataError: the values have fractions.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    rows, distinct = pd.factorize(values)
    whole = pd.api.types.is_integer_dtype(distinct.dtype)
    whole = whole or pd.api.types.infer_dtype(distinct, skipna=False) == "integer"
    if pd.api.types.is_float_dtype(distinct.dtype):
        whole = bool((np.mod(np.asarray(distinct, np.float64), 1) == 0).all())
        if not whole:
            raise DataError(
                f"column {values.name!r} holds fractions; declare it as a number, not as a key"
            )
    for kind in (np.int64, np.uint64) if whole else ():
        with suppress(OverflowError):
            return rows, np.array(list(map(int, distinct.tolist())), kind)
    texts = np.array(list(map(str, distinct.tolist())), object)
    again, texts = pd.factorize(texts)
    return np.append(again, -1)[rows], texts.tolist()


def largest_integer(dtype: str, held: NDArray[Any]) -> int:
    """The largest integer that a dtype can hold exactly; where it has no limit, that of `held`."""
    target = _numpy(dtype)
    if target.kind == "f":
        return 2 ** (np.finfo(target).nmant + 1)
    return int(np.iinfo(target if target.kind in "iu" else held.dtype).max)


def restore_keys(values: NDArray[Any], missing: NDArray[np.bool_], dtype: str) -> pd.Series:
    """A series of a dtype from [N] integers or texts; of dtype `str` where it holds no texts."""
    if values.dtype.kind in "iu":
        whole = pd.Series(pd.arrays.IntegerArray(values, missing) if missing.any() else values)
        return whole.astype(nullable(dtype) if missing.any() else dtype)
    textual = dtype in ("object", "category") or pd.api.types.is_string_dtype(dtype)
    kept = values.copy()
    kept[missing] = None
    return pd.Series(kept, dtype=dtype if textual else "str")


def _floats(values: pd.Series) -> NDArray[np.float64]:
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _numpy(dtype: str) -> np.dtype:
    target = pd.api.types.pandas_dtype(dtype)
    found = target if isinstance(target, np.dtype) else getattr(target, "numpy_dtype", None)
    return found if isinstance(found, np.dtype) else np.dtype(object)
