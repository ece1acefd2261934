"""Whether a rule about a computed column follows from what its parts are held to.

Sums, differences and products are extreme at the corners of the box that the parts lie in, so the
corners tell it.
"""

import ast
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from synth_dl.recipes.values import Value
from synth_dl.tables.rules.rule import Bound, Formula, Side

_FAR = 2.0**40  # stands for an end that there is not
_MOST = 12  # parts of one expression
_PLAIN = (ast.UnaryOp, ast.Name, ast.Constant, ast.Load, ast.operator, ast.unaryop)


def follows(rule: Bound, formula: Formula, ends: Mapping[str, tuple[float, float]]) -> bool:
    """Whether a rule holds wherever the columns lie between their ends.

    Args:
        rule: that names the computed column.
        formula: that computes it.
        ends: least and largest value of columns that have such; the others may be anything.
    """
    names = (rule.names | formula.names) - {formula.column}
    values = _corners(names, (formula.by, rule.low, rule.high), ends)
    if values is None:
        return False
    values[formula.column] = _computed(formula, values)
    low, high = (np.asarray(side.expression(values)) for side in (rule.low, rule.high))
    return bool(((low < high) if rule.strict else (low <= high)).all())


def extent(
    side: Side, ends: Mapping[str, tuple[float, float]], decimals: int | None = None
) -> tuple[float, float]:
    """The least and the largest value of a side; without ends where it is not told by corners.

    Args:
        side: of a comparison, or what a column is computed by.
        ends: as of `follows`.
        decimals: to which it is rounded.
    """
    values = _corners(side.names, (side,), ends)
    if values is None:
        return -np.inf, np.inf
    found: Any = np.asarray(side.expression(values))
    found = found if decimals is None else np.round(found, decimals)
    return float(found.min()), float(found.max())


def _computed(formula: Formula, values: Mapping[str, Value]) -> Any:
    found: Any = formula.by.expression(values)
    return found if formula.decimals is None else np.round(found, formula.decimals)


def _corners(
    names: Iterable[str], sides: Iterable[Side], ends: Mapping[str, tuple[float, float]]
) -> dict[str, Value] | None:
    """Columns at all corners of their box; None where these do not tell what lies between."""
    known = sorted(names)
    if len(known) > _MOST or not all(_is_plain(side.expression.tree) for side in sides):
        return None
    limits = [_finite(ends.get(name, (-_FAR, _FAR))) for name in known]
    return dict(zip(known, np.array(list(product(*limits))).T, strict=True))


def _finite(pair: tuple[float, float]) -> tuple[float, float]:
    return max(pair[0], -_FAR), min(pair[1], _FAR)


def _is_plain(tree: ast.expr) -> bool:
    """Whether each column enters once, by sums, differences and products."""
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return len(set(names)) == len(names) and all(
        isinstance(node, _PLAIN)
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            and isinstance(node.right, ast.Constant))
        for node in ast.walk(tree)
    )  # fmt: skip
