"""Rows of a table: each column drawn after those it depends on, from noise of its own."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from synth_dl.recipes.columns import Column
from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.identifiers import Identifier
from synth_dl.recipes.language import Table
from synth_dl.recipes.parameters import probabilities
from synth_dl.recipes.streams import key_of, normals, uniforms
from synth_dl.recipes.values import LARGEST, Value, Values, to_series


def draw_values(table: Table, seed: int, first: int, count: int,
                outer: Values | None = None) -> dict[str, Value]:  # fmt: skip
    """All columns of some rows, the hidden ones too, before cells are emptied.

    Args:
        table: of the recipe.
        seed: of the sample.
        first: number of the first row.
        count: of rows.
        outer: columns of other tables that its own may name.
    """
    values: dict[str, Value] = dict(outer or {})
    noise: dict[str, np.ndarray] = {}
    for place, copula in enumerate(table.copulas):
        drawn = np.empty((len(copula.names), count))
        for name, row in zip(copula.names, drawn, strict=True):
            normals(key_of(seed, table.name, "correlation", place, name), first, count, row)
        copula.correlate(drawn)
        noise |= dict(zip(copula.names, drawn, strict=True))
    for column in table.order:
        drawn = draw_column(table.name, column, seed, first, count, values, noise)
        values[column.name] = drawn
    return values


def draw_column(table: str, column: Column, seed: int, first: int, count: int, values: Values,
                noise: Mapping[str, np.ndarray]) -> Value:  # fmt: skip
    """[count] or [1] one column, given those it depends on and the noise of those that have it."""
    source = column.source
    key = key_of(seed, table, column.name)
    if isinstance(source, Expression):
        return source(values)
    if isinstance(source, Identifier):
        return source.draw(np.arange(first, first + count), key % 2**64)
    distribution = source.given(values)
    with np.errstate(all="ignore"):
        if column.name in noise:
            drawn = distribution.quantile(noise[column.name])
        else:
            drawn = distribution.draw(normals(key, first, count))
    whole = source.kind == "whole"
    if not (np.abs(drawn) <= (LARGEST if whole else np.finfo(float).max)).all():
        reason = "2**53, from where on whole numbers are not told apart" if whole else "all numbers"
        source.entry.refuse(f"some of its values lie beyond {reason}; choose other parameters")
    return source.decode(drawn)


def to_frame(table: Table, values: Values, seed: int, first: int, count: int) -> pd.DataFrame:
    """The rows as a table: hidden columns left out, cells emptied."""
    found = {}
    for column in table.written:
        missing = None
        if column.missing is not None:
            drawn = uniforms(key_of(seed, table.name, column.name, "missing"), first, count)
            missing = drawn < probabilities(column.missing, values)
        value = values[column.name]
        found[column.name] = to_series(value, column.kind, count, missing, column.ranks)
    return pd.DataFrame(found, index=pd.RangeIndex(count), copy=False)
