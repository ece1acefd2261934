"""Which values of two columns the training rows hold together: a fact that an artifact keeps.

A model after a short training may take a rare combination for one that never occurs, or the other
way round. Training rows are no part of an artifact, so this is what remains of them: for two
columns of few values, whether enough rows hold both values.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.models.rare import values_of
from synth_dl.spec import Spec

PAIRS = "values that rows hold together"  # the fact of a training that says which these are
MOST_VALUES, MOST_COLUMNS = 64, 32
_MOST_CELLS = 10**8  # rows times pairs, which bounds the time that counting takes
_KEPT, _NOT = "1", "0"


def pairs_seen(spec: Spec, codes: Tensor, least: int) -> dict[str, dict[str, list[str]]]:
    """By the names of two columns, a text a value of the first: `1` where rows hold both values.

    Args:
        spec: what one record is.
        codes: [N, V] training records.
        least: as many of them must hold both.
    """
    levels = _levels(spec)
    columns = sorted(levels, key=lambda column: levels[column])[:MOST_COLUMNS]
    while len(columns) * (len(columns) - 1) // 2 * len(codes) > _MOST_CELLS:
        columns.pop()
    values = {column: values_of(spec, codes, column) for column in sorted(columns)}
    found: dict[str, dict[str, list[str]]] = {}
    for first, second in combinations(values, 2):
        known = (values[first] >= 0) & (values[second] >= 0)
        joint = values[first][known] * levels[second] + values[second][known]
        counts = joint.bincount(minlength=levels[first] * levels[second])
        rows = (counts >= least).view(levels[first], levels[second]).tolist()
        texts = ["".join(_KEPT if held else _NOT for held in row) for row in rows]
        found.setdefault(spec.columns[first], {})[spec.columns[second]] = texts
    return found


def never_together(spec: Spec, pairs: Any, codes: Tensor) -> NDArray[np.bool_] | None:
    """[K] whether too few training rows hold two of the known values of [K, V] codes together.

    None where this is not known of every two columns, as in older artifacts.

    Args:
        spec: what one record is.
        pairs: as of `pairs_seen`, from an artifact.
        codes: with the same columns known in each row.
    """
    levels = _levels(spec)
    known = sorted({v.column for k, v in enumerate(spec.variables) if (codes[:, k] >= 0).any()})
    lost = np.zeros(len(codes), bool)
    for first, second in combinations(known, 2):
        texts = _texts(pairs, spec.columns[first], spec.columns[second])
        held = np.array([[sign == _KEPT for sign in text] for text in texts or []], bool)
        if held.shape != (levels.get(first), levels.get(second)):
            return None
        lost |= ~held[values_of(spec, codes, first), values_of(spec, codes, second)]
    return lost


def _texts(pairs: Any, first: str, second: str) -> list[str] | None:
    """What is known of two columns; None for nothing, whatever an artifact holds in its place."""
    own = pairs.get(first) if isinstance(pairs, Mapping) else None
    texts = own.get(second) if isinstance(own, Mapping) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return None
    return texts if len({len(text) for text in texts}) == 1 else None


def _levels(spec: Spec) -> dict[int, int]:
    """By column, how many values it has; only columns of few, whose values have one code each."""
    refined = {variable.column for variable in spec.variables if variable.parent is not None}
    return {v.column: v.levels for v in spec.variables
            if v.column not in refined and v.levels <= MOST_VALUES}  # fmt: skip
