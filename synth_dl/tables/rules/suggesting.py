"""Rules that hold in all rows of a table, and would not if its columns had nothing to do with each
other: orderings, sums and products, columns that follow from others, and cells that are missing.

What holds by chance, or of any two columns of such values, is not suggested: the same rows with one
column shuffled must break it often.
"""

from collections.abc import Iterator
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.recipes.values import from_series
from synth_dl.tables.rules.texts import kind_of
from synth_dl.tables.schema import Column, Schema

_FEWEST, _MOST_ROWS = 50, 200_000  # rows that are looked at
_BROKEN = 0.02  # share of shuffled rows that must break an ordering
_FEW_VALUES = 200  # of a column that combinations are suggested of
_FEWER = 0.5  # share of the combinations of shuffled rows that may occur
_MOST_COLUMNS, _MOST_SUMS = 40, 30
_TRIED = 200  # rows that sums are tried on first


def suggested(frame: pd.DataFrame, schema: Schema, min_count: int) -> list[str]:
    """Texts of rules that hold in all rows, most telling first.

    Args:
        frame: the training rows.
        schema: what their columns are.
        min_count: rows that a value which a text names has at least.
    """
    if len(frame) < _FEWEST:
        return []
    rows = frame if len(frame) <= _MOST_ROWS else frame.sample(_MOST_ROWS, random_state=0)
    rng = np.random.default_rng(0)
    computed = list(_formulas(frame, rows, schema))
    parts = {name for text, names in computed for name in names}
    settled = {names[0] for _, names in computed}
    alike = [(text, names) for text, names in _combined(rows, schema, rng)
             if not settled & {*names}]  # fmt: skip
    joined = {name for _, names in alike for name in names}
    ordered = list(_orderings(frame, schema, rng, parts | joined))
    absent = list(_absences(frame, schema, max(min_count, 20), settled | joined))
    return [*(text for text, _ in computed), *ordered, *(text for text, _ in alike), *absent]


def written(name: str) -> str:
    """A name as it stands in a rule."""
    return name if name.isidentifier() else f"`{name}`"


def _numbers(frame: pd.DataFrame, schema: Schema, kinds: tuple[str, ...]) -> dict[str, NDArray]:
    """Columns of numbers or dates that are not constant, as floats."""
    found: dict[str, NDArray[Any]] = {}
    for column in schema.columns:
        if column.type == ("datetime" if kinds == ("moment",) else "number") and (
            kind_of(column) in kinds
        ):
            cells: pd.Series = frame.loc[:, column.name]
            values: Any = from_series(cells, kind_of(column), column.name)[0]
            if np.nanmin(values) < np.nanmax(values):
                found[column.name] = values
    return dict(list(found.items())[:_MOST_COLUMNS])


def _orderings(
    frame: pd.DataFrame, schema: Schema, rng: np.random.Generator, taken: set[str]
) -> Iterator[str]:
    for kinds in (("number", "whole"), ("moment",)):
        values = _numbers(frame, schema, kinds)
        held = {
            (low, high)
            for low, high in permutations(values, 2)
            if not {low, high} & taken and _is_ordered(values[low], values[high], rng)
        }
        for low, high in sorted(held):
            between = any((low, name) in held and (name, high) in held for name in values)
            if not between and (high, low) not in held:
                strict = bool((values[low] < values[high])[_both(values[low], values[high])].all())
                yield f"{written(low)} {'<' if strict else '<='} {written(high)}"


def _both(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    return ~np.isnan(one) & ~np.isnan(other)


def _is_ordered(low: NDArray[Any], high: NDArray[Any], rng: np.random.Generator) -> bool:
    known = _both(low, high)
    if known.sum() < _FEWEST or (low[known] > high[known]).any():
        return False
    shuffled = rng.permutation(high[known])
    return bool((low[known] > shuffled).mean() >= _BROKEN)


def _formulas(
    frame: pd.DataFrame, rows: pd.DataFrame, schema: Schema
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Sums and products of two columns, and sums of several, each column computed once."""
    values = _numbers(rows, schema, ("number", "whole"))
    values = dict(list(values.items())[:_MOST_SUMS])
    done: set[str] = set()
    for total in list(values):
        others = [name for name in values if name != total and name not in done]
        found = _formula(values, total, others, _decimals(schema.column(total)))
        if found is None or {*found[1]} & done:
            continue
        names = (total, *found[1])
        whole = _numbers(frame.loc[:, [*names]], Schema(tuple(map(schema.column, names))),
                         ("number", "whole"))  # fmt: skip
        if _formula(whole, total, list(found[1]), _decimals(schema.column(total))) is None:
            continue
        done |= {*names}
        yield f"{written(total)} = {found[0]}", names


def _formula(
    values: dict[str, NDArray[Any]], total: str, others: list[str], decimals: int | None
) -> tuple[str, tuple[str, ...]] | None:
    """What a column is computed by, and of which columns."""
    whole = values[total]
    for sign in "+*":
        for one, other in combinations(others, 2):
            a, b = values[one], values[other]
            if _computes(whole, a + b if sign == "+" else a * b, a, b, decimals):
                return f"{written(one)} {sign} {written(other)}", (one, other)
    known = ~np.isnan(whole)
    for name in others:
        known &= ~np.isnan(values[name])
    if len(others) < 3 or known.sum() < 2 * _TRIED:
        return None
    matrix = np.stack([values[name][known][:_TRIED] for name in others], 1)
    weights = np.linalg.lstsq(matrix, whole[known][:_TRIED], rcond=None)[0]
    parts = [name for name, weight in zip(others, weights, strict=True) if abs(weight - 1) < 1e-3]
    if len(parts) < 3:
        return None
    total_of = np.sum([values[name] for name in parts], axis=0)
    if _computes(whole, total_of, values[parts[0]], values[parts[1]], decimals):
        return " + ".join(map(written, parts)), tuple(parts)
    return None


def _computes(
    whole: NDArray[Any], by: NDArray[Any], one: NDArray[Any], other: NDArray[Any],
    decimals: int | None,
) -> bool:  # fmt: skip
    """Whether a column is this in all rows, neither part of it being nothing."""
    slack = 1e-9 * max(1.0, float(np.nanmax(np.abs(by)))) + (
        0.0 if decimals is None else 0.5 * 10.0**-decimals
    )

    def agrees(rows: slice) -> bool:
        known = _both(whole[rows], by[rows])
        return bool((np.abs(whole[rows] - by[rows])[known] <= slack).all())

    if not agrees(slice(_TRIED)) or not agrees(slice(None)):
        return False
    known = _both(whole, by)
    moved = np.abs(whole - one)[known] > slack, np.abs(whole - other)[known] > slack
    return bool(known.sum() >= _FEWEST and all(rows.mean() >= _BROKEN for rows in moved))


def _decimals(column: Column) -> int | None:
    return column.decimals


def _combined(
    rows: pd.DataFrame, schema: Schema, rng: np.random.Generator
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Pairs of columns of which few combinations occur, those that hang together in one text."""
    codes: dict[str, NDArray[np.int64]] = {}
    for column in schema.columns:
        if column.type in ("category", "boolean", "number"):
            own = pd.factorize(rows[column.name], use_na_sentinel=False)[0]
            if 2 <= own.max(initial=0) + 1 <= min(_FEW_VALUES, len(rows) / 10):
                codes[column.name] = own
    groups: list[set[str]] = []
    for one, other in combinations(list(codes)[:_MOST_COLUMNS], 2):
        if _is_combined(codes[one], codes[other], rng):
            joined = [group for group in groups if group & {one, other}]
            groups = [group for group in groups if group not in joined]
            groups.append({one, other}.union(*joined))
    for group in groups:
        names = tuple(name for name in schema.names if name in group)
        yield f"combinations({', '.join(map(written, names))})", names


def _is_combined(
    one: NDArray[np.int64], other: NDArray[np.int64], rng: np.random.Generator
) -> bool:
    size = int(other.max()) + 1
    shown = np.unique(one * size + other, return_counts=True)[1]
    by_chance = len(np.unique(one * size + rng.permutation(other)))
    # Combinations that are shown once may be one of many that were not.
    return len(shown) <= _FEWER * by_chance and (shown == 1).sum() <= 0.01 * len(one)


def _absences(frame: pd.DataFrame, schema: Schema, least: int, taken: set[str]) -> Iterator[str]:
    """Columns that are missing wherever another has some value, and often not elsewhere."""
    causes = [column for column in schema.columns if column.type in ("category", "boolean")]
    for target in schema.columns:
        absent = frame.loc[:, target.name].isna().to_numpy(bool)
        often = least <= int(absent.sum()) <= 0.9 * len(frame)
        if target.name in taken or target.type not in ("number", "datetime", "category"):
            continue
        for cause in causes if often else ():
            value = None if cause.name == target.name else _cause(frame, cause, absent, least)
            if value is not None:
                yield f"if {written(cause.name)} = {value} then {written(target.name)} missing"
                break


def _cause(frame: pd.DataFrame, cause: Column, absent: NDArray[np.bool_], least: int) -> str | None:
    """A value of a column in whose rows another one is always missing, as it stands in a rule."""
    which, distinct = pd.factorize(frame.loc[:, cause.name])
    known = which >= 0
    rows = np.bincount(which[known], minlength=len(distinct))
    missing = np.bincount(which[known], absent[known], minlength=len(distinct))
    always = (missing == rows) & (rows >= least)
    if not always.any() or always.all():
        return None
    value = str(distinct[int(always.argmax())])
    return value if value.isidentifier() else "'" + value.replace("'", "") + "'"
