"""Rules that hold in every row: what each one says of a table.

A rule says nothing of a row in which a cell is missing that it compares.
"""

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.syntax import Syntax
from synth_dl.recipes.values import NUMERIC, Kind, Value, from_series
from synth_dl.tables.rules.texts import MISSING, RuleText
from synth_dl.tables.schema import Schema

FORMS = ("'start <= end', 'total = a + b', '0 <= share <= 1', 'combinations(city, state)', "
         "'if employed = no then salary missing' or 'unique(id)'")  # fmt: skip
_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_NAME = re.compile(r"\s*(?:`([^`]+)`|([^,]+?))\s*(?:,|$)")
_IF = re.compile(r"\s*if\b(.+?)\bthen\b(.+)", re.IGNORECASE | re.DOTALL)
_TIED: tuple[Kind, ...] = (*NUMERIC, "moment")
_ALMOST = 1e-9  # of a number that is computed, by which rounding may move it
_REGIONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.In)


@dataclass(frozen=True)
class Side:
    """One side of a comparison, or what a column is computed by."""

    expression: Expression
    kinds: Mapping[str, Kind]

    @property
    def names(self) -> frozenset[str]:
        """The columns that it depends on; none of a constant."""
        return self.expression.names

    @cached_property
    def column(self) -> str | None:
        """The column that it is, alone."""
        return self.expression.column

    def value(self, frame: pd.DataFrame) -> Any:
        """[N] floats, seconds since 1970, or truths; not a number where a cell is missing."""
        found = self.expression(values_of(frame, self.names, self.kinds))
        return np.broadcast_to(np.asarray(found), len(frame))

    @cached_property
    def constant(self) -> float:
        """The value of a side that names no column."""
        return float(np.asarray(self.expression({})).ravel()[0])


@dataclass(frozen=True)
class Rule(ABC):
    """What one text says, or a part of it.

    Attributes:
        text: of the whole rule.
    """

    text: str

    @property
    @abstractmethod
    def names(self) -> frozenset[str]:
        """All columns that it is about."""

    @abstractmethod
    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] whether each row keeps it."""

    def refuse(self, sentence: str) -> NoReturn:
        """Raise a DataError that names the rule."""
        raise DataError(f"rule {self.text!r}: {sentence}")


@dataclass(frozen=True)
class Bound(Rule):
    """`low <= high`, or `low < high` where it is strict."""

    low: Side
    high: Side
    strict: bool

    @property
    def names(self) -> frozenset[str]:
        return self.low.names | self.high.names

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        low, high = self.low.value(frame), self.high.value(frame)
        return ~((low >= high) if self.strict else (low > high))


@dataclass(frozen=True)
class Formula(Rule):
    """`column = expression`, up to the digits that the column has.

    Attributes:
        decimals: of the column; None for a continuous number or a date.
    """

    column: str
    by: Side
    decimals: int | None

    @property
    def names(self) -> frozenset[str]:
        return self.by.names | {self.column}

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        own = values_of(frame, [self.column], self.by.kinds)[self.column]
        computed = self.by.value(frame)
        slack = _ALMOST * np.maximum(1.0, np.abs(computed))
        slack = slack if self.decimals is None else slack + 0.5 * 10.0**-self.decimals
        return ~(np.abs(own - computed) > slack) & ~(np.isinf(computed) & (own != computed))  # type: ignore


@dataclass(frozen=True)
class Combination(Rule):
    """Only what columns show together in the training rows; told by what was kept of these."""

    columns: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.columns)

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        return np.ones(len(frame), bool)


@dataclass(frozen=True)
class Unique(Rule):
    """No value of a column twice."""

    column: str

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.column})

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        cells: pd.Series = frame.loc[:, self.column]
        return ~(cells.duplicated() & cells.notna()).to_numpy(bool)


@dataclass(frozen=True)
class Implication(Rule):
    """`if condition then consequent`, which is about one column.

    Attributes:
        missing: whether the column must be missing, or must not; None where values are compared.
        values: of which it must have one, as a file or a frame has them; the first one is the
            usual one. None where it must lie in a range, which is said by `bounds`.
    """

    condition: Side
    column: str
    consequent: Side
    missing: bool | None
    values: tuple[Any, ...] | None
    bounds: tuple[Bound, ...]

    @property
    def names(self) -> frozenset[str]:
        return self.needs | {self.column}

    @property
    def needs(self) -> frozenset[str]:
        """The columns of the condition."""
        return frozenset(name.removesuffix(MISSING) for name in self.condition.names)

    @property
    def settles(self) -> bool:
        """Whether it leaves one value."""
        return self.missing is True or len(self.values or ()) == 1

    def active(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] whether the condition holds, all that it compares being there."""
        found = self.condition.value(frame).astype(bool)
        for name in self.condition.names:
            if not name.endswith(MISSING):
                found = found & frame[name].notna().to_numpy(bool)
        return found

    def meets(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] whether the column is as it must be where the condition holds."""
        found = self.consequent.value(frame).astype(bool)
        return found if self.missing is not None else found | frame[self.column].isna().to_numpy()

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        return ~self.active(frame) | self.meets(frame)


def values_of(
    frame: pd.DataFrame, names: Sequence[str] | frozenset[str], kinds: Mapping[str, Kind]
) -> dict[str, Value]:
    """Columns as expressions take them, and whether cells are missing where that is named."""
    found: dict[str, Value] = {}
    for name in names:
        if name.endswith(MISSING):
            found[name] = frame[name.removesuffix(MISSING)].isna().to_numpy(bool)
        else:
            cells: pd.Series = frame.loc[:, name]
            found[name] = from_series(cells, kinds[name], name)[0]
    return found


def read_rule(text: Any, schema: Schema) -> list[Rule]:
    """What a text says; a chain of comparisons says several things.

    Raises:
        DataError: for what is no rule, with the forms that there are, or is none of this table.
    """
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"rule {text!r}: a rule is a text such as {FORMS}")
    reader = RuleText(text, schema)
    implied, called = _IF.fullmatch(text), _CALL.fullmatch(text)
    if implied:
        return [_implication(reader, implied[1], implied[2])]
    if called and called[1] in ("unique", "combinations"):
        return [_of_columns(reader, called[1], called[2])]
    syntax = reader.syntax(text)
    tree = syntax.tree
    if isinstance(tree, ast.Compare) and [*map(type, tree.ops)] == [ast.Eq]:
        return [_formula(reader, syntax, tree.left, tree.comparators[0])]
    if isinstance(tree, ast.Compare) and all(isinstance(op, _REGIONS[:4]) for op in tree.ops):
        found = _bounds(reader, syntax, tree)
        return [each for each in found if each.names]
    reader.entry.refuse(f"this is no rule; write one such as {FORMS}")


def _of_columns(reader: RuleText, word: str, inner: str) -> Rule:
    names = tuple(match[1] or match[2] for match in _NAME.finditer(inner) if match[0].strip())
    for name in names:
        reader.check_column(name)
    text = str(reader.entry.value)
    if word == "unique":
        if len(names) != 1:
            reader.entry.refuse("unique() takes one column; name one, such as unique(id)")
        return Unique(text, names[0])
    if len(set(names)) < max(2, len(names)):
        reader.entry.refuse("combinations() takes two columns or more, each once; name them, such "
                            "as combinations(city, state)")  # fmt: skip
    return Combination(text, names)


def _side(reader: RuleText, syntax: Syntax, node: ast.expr, wanted: tuple[Kind, ...]) -> Side:
    return Side(reader.expression(syntax, node, wanted), reader.kinds)


def _bounds(reader: RuleText, syntax: Syntax, tree: ast.Compare) -> list[Bound]:
    # The whole comparison says first whether its parts go together.
    reader.expression(syntax, tree, ("truth",))
    sides = [_side(reader, syntax, node, _TIED) for node in (tree.left, *tree.comparators)]
    found = []
    for operator, left, right in zip(tree.ops, sides, sides[1:], strict=False):
        if not left.names and not right.names:
            reader.entry.refuse("it compares two constants; name a column on one side")
        if left.column is not None and left.column == right.column:
            reader.entry.refuse(f"it compares {left.column!r} with itself; name another column")
        low, high = (left, right) if isinstance(operator, ast.Lt | ast.LtE) else (right, left)
        strict = isinstance(operator, ast.Lt | ast.Gt)
        found.append(Bound(str(reader.entry.value), low, high, strict))
    return found


def _formula(reader: RuleText, syntax: Syntax, left: ast.expr, right: ast.expr) -> Formula:
    if not isinstance(left, ast.Name):
        left, right = right, left
    if not isinstance(left, ast.Name):
        reader.entry.refuse("one side of = must be a column alone, which is computed by the other; "
                            "write it as in total = a + b")  # fmt: skip
    name = syntax.column(left)
    kind, column = reader.kinds[name], reader.columns[name]
    if kind not in _TIED:
        reader.entry.refuse(f"column {name!r} is of type {column.type}, and only numbers and dates "
                            "are computed; name another one, or write combinations(...)"
                            )  # fmt: skip
    by = _side(reader, syntax, right, ("moment",) if kind == "moment" else NUMERIC)
    if name in by.names:
        reader.entry.refuse(f"column {name!r} is computed from itself; name it on one side only")
    if not by.names:
        reader.entry.refuse(f"it says one value for all rows; name a column beside {name!r}")
    whole = min(column.decimals or 0, 0) if kind == "whole" else column.decimals
    return Formula(str(reader.entry.value), name, by, None if kind == "moment" else whole)


def _implication(reader: RuleText, condition: str, consequent: str) -> Implication:
    given, then = reader.syntax(condition), reader.syntax(consequent)
    held, said = _side(reader, given, given.tree, ("truth",)), then.tree
    names = {each.removesuffix(MISSING) for each in then.names}
    needed = {each.removesuffix(MISSING) for each in held.names}
    name = next(iter(names), "")
    told = isinstance(said, ast.Compare) and all(isinstance(op, _REGIONS) for op in said.ops)
    absent = [each.endswith(MISSING) for each in then.names] == [True]
    if len(names) != 1 or not (told or absent) or name in needed:
        reader.entry.refuse("after `then` one other column must be missing, not missing, or be "
                            "compared with values, as in salary = 0, salary <= 100 or "
                            "level in (low, high)")  # fmt: skip
    missing, values, bounds = None, None, ()
    side = _side(reader, then, said, ("truth",))
    if absent:
        missing = not isinstance(said, ast.UnaryOp)
    elif isinstance(said, ast.Compare) and isinstance(said.ops[0], ast.Eq | ast.In):
        values = _values(reader, said)
    elif isinstance(said, ast.Compare):
        bounds = tuple(_bounds(reader, then, said))
    return Implication(str(reader.entry.value), held, name, side, missing, values, bounds)


def _values(reader: RuleText, said: ast.Compare) -> tuple[Any, ...]:
    """What the column may be after `=` or `in`."""
    other = said.comparators[0] if isinstance(said.left, ast.Name) else said.left
    nodes = other.elts if isinstance(other, ast.Tuple | ast.List) else [other]
    nodes = [n.args[0] if isinstance(n, ast.Call) and n.args else n for n in nodes]
    try:
        return tuple(ast.literal_eval(node) for node in nodes)
    except ValueError:
        reader.entry.refuse("after `then` a column must be compared with values, not with other "
                            "columns; write the values out")  # fmt: skip
