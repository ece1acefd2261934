"""Expressions of columns, such as `round(min(income * 0.3, 20000), -2)`.

They are read by Python's parser, held against what `syntax` allows, and evaluated by this module
alone. Every part has one kind, told before any row is drawn.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from synth_dl.errors import DataError
from synth_dl.recipes.functions import DAY, FUNCTIONS, choose
from synth_dl.recipes.reading import Entry, nearest
from synth_dl.recipes.syntax import Syntax
from synth_dl.recipes.values import KINDS, LARGEST, NUMERIC, Kind, Texts, Value, Values

_BINARY: dict[type, tuple[str, Callable[..., Any]]] = {
    ast.Add: ("+", np.add), ast.Sub: ("-", np.subtract), ast.Mult: ("*", np.multiply),
    ast.Div: ("/", np.divide), ast.FloorDiv: ("//", np.floor_divide), ast.Mod: ("%", np.mod),
    ast.Pow: ("**", np.float_power),
}  # fmt: skip
_ORDERED: dict[type, Callable[..., Any]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
}  # fmt: skip
_WORDS: dict[Kind, str] = {"number": "a number", "whole": "a number", "truth": "true or false",
                           "moment": "a date", "text": "a text"}  # fmt: skip


class Term(NamedTuple):
    """A part of an expression whose kind is known.

    Attributes:
        kind: of its value.
        call: its value, [N] or [1], from those of the columns.
        constant: the text or number that it is, if it is one.
    """

    kind: Kind
    call: Callable[[Values], Any]
    constant: Any = None


class Expression:
    """An expression of a recipe; `resolve` must tell it the kinds of the columns before it is used.

    Args:
        entry: where it stands.
        syntax: its parts, where they are read already.

    Attributes:
        names: of the columns it depends on.

    Raises:
        DataError: for what is no expression, or would reach anything but columns.
    """

    def __init__(self, entry: Entry, syntax: Syntax | None = None) -> None:
        self.entry = entry
        self._syntax = syntax or Syntax(entry)
        self.names = self._syntax.names
        self._term: Term | None = None

    @property
    def column(self) -> str | None:
        """The column that the whole expression is, if it is one."""
        return self._syntax.column(self.tree) if isinstance(self.tree, ast.Name) else None

    @property
    def tree(self) -> ast.expr:
        """Its parts."""
        return self._syntax.tree

    def resolve(self, kinds: Mapping[str, Kind], wanted: Sequence[Kind] = KINDS) -> Kind:
        """Tell the kinds of the columns, by name; the kind of its value.

        Raises:
            DataError: for unknown columns and values of kinds that do not go together.
        """
        for name in sorted(self.names):
            if name not in kinds:
                self.entry.refuse(f"there is no column {name!r}; {nearest(name, list(kinds))}")
        self._kinds = kinds
        self._term = self._compile(self._syntax.tree)
        if self._term.kind not in wanted:
            cure = "; write where(…, 1, 0)" if self._term.kind == "truth" else ""
            self.entry.refuse(f"the expression gives {_WORDS[self._term.kind]} and must give "
                              f"{_WORDS[wanted[0]]}{cure}")  # fmt: skip
        return self._term.kind

    def __call__(self, values: Values) -> Value:
        """[N] or [1] the value, from those of the columns by name."""
        assert self._term is not None  # resolved when the recipe was read
        with np.errstate(all="ignore"):
            try:
                return self._term.call(values)
            except DataError:
                raise
            except ValueError as error:
                self.entry.refuse(str(error))

    def _compile(self, node: ast.expr) -> Term:
        match node:
            case ast.Name():
                name = self._syntax.column(node)
                return Term(self._kinds[name], lambda values: values[name])
            case ast.Constant():
                return _constant(node.value)
            case ast.BinOp():
                return self._binary(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BoolOp():
                parts = [self._wanted(each, ("truth",)) for each in node.values]
                ufunc = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
                return Term("truth", lambda values: ufunc.reduce(
                    np.broadcast_arrays(*(part.call(values) for part in parts))))  # fmt: skip
            case ast.IfExp():
                return self._call("where", [node.test, node.body, node.orelse])
            case ast.Compare():
                return self._compare(node)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node.args)
        raise AssertionError(node)  # refused when it was read

    def _wanted(self, node: ast.expr, kinds: Sequence[Kind]) -> Term:
        term = self._compile(node)
        if term.kind not in kinds:
            self._mismatch(ast.unparse(node), term.kind, kinds)
        return term

    def _mismatch(self, shown: str, kind: Kind, kinds: Sequence[Kind]) -> None:
        expected = dict.fromkeys(_WORDS[each] for each in kinds)
        if kind == "number" and "number" not in kinds:
            expected = dict.fromkeys("a whole number" if each == "whole" else _WORDS[each]
                                     for each in kinds)  # fmt: skip
        self.entry.refuse(f"`{shown[:60]}` is {_WORDS[kind]}, and here must be "
                          f"{' or '.join(expected)}")  # fmt: skip

    def _unary(self, node: ast.UnaryOp) -> Term:
        if isinstance(node.op, ast.Not):
            term = self._wanted(node.operand, ("truth",))
            return Term("truth", lambda values: np.logical_not(term.call(values)))
        term = self._wanted(node.operand, NUMERIC)
        sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
        constant = None if term.constant is None else sign * term.constant
        return Term(term.kind, lambda values: sign * term.call(values), constant)

    def _binary(self, node: ast.BinOp) -> Term:
        left, right = self._compile(node.left), self._compile(node.right)
        sign, ufunc = _BINARY[type(node.op)]
        kinds = (left.kind, right.kind)
        if sign == "+" and "text" in kinds and {*kinds} <= {"text", *NUMERIC}:
            one, other = _as_text(left), _as_text(right)
            return Term("text", lambda values: one.call(values).join(other.call(values)))
        if kinds == ("moment", "moment") and sign == "-":
            return Term("number", lambda v: (left.call(v) - right.call(v)) / DAY)
        if (
            "moment" in kinds
            and sign in "+-"
            and kinds[1 if kinds[0] == "moment" else 0] in NUMERIC
        ):
            if kinds[0] == "moment":
                return Term("moment", lambda v: ufunc(left.call(v), DAY * right.call(v)))
            if sign == "+":
                return Term("moment", lambda v: DAY * left.call(v) + right.call(v))
        for part, term in ((node.left, left), (node.right, right)):
            if term.kind not in NUMERIC:
                self._mismatch(ast.unparse(part), term.kind, NUMERIC)
        whole = set(kinds) == {"whole"} and sign in ("+", "-", "*", "//", "%")
        kind: Kind = "whole" if whole else "number"
        return Term(kind, lambda values: ufunc(left.call(values), right.call(values)))

    def _compare(self, node: ast.Compare) -> Term:
        parts, left = [], node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                each = [self._equal(left, one) for one in right.elts]  # type: ignore[attr-defined]
                parts.append(_any(each, isinstance(operator, ast.NotIn)))
            elif isinstance(operator, ast.Eq | ast.NotEq):
                parts.append(_any([self._equal(left, right)], isinstance(operator, ast.NotEq)))
            else:
                parts.append(self._order(left, right, _ORDERED[type(operator)]))
            left = right
        return Term("truth", lambda values: np.logical_and.reduce(
            np.broadcast_arrays(*(part(values) for part in parts))))  # fmt: skip

    def _pair(self, left: ast.expr, right: ast.expr) -> tuple[Term, Term]:
        one, other = self._compile(left), self._compile(right)
        if one.kind == "moment" and isinstance(other.constant, str):
            other = self._date(other.constant)
        elif other.kind == "moment" and isinstance(one.constant, str):
            one = self._date(one.constant)
        if _WORDS[one.kind] != _WORDS[other.kind]:
            self._mismatch(ast.unparse(right), other.kind, (one.kind,))
        return one, other

    def _equal(self, left: ast.expr, right: ast.expr) -> Callable[[Values], Any]:
        one, other = self._pair(left, right)
        if one.kind == "text":
            return lambda values: one.call(values).equals(other.call(values))  # type: ignore
        return lambda values: np.equal(one.call(values), other.call(values))

    def _order(self, left: ast.expr, right: ast.expr, ufunc: Any) -> Callable[[Values], Any]:
        one, other = self._pair(left, right)
        if one.kind in ("text", "truth"):
            self._mismatch(ast.unparse(left), one.kind, ("number", "moment"))
        return lambda values: ufunc(one.call(values), other.call(values))

    def _date(self, text: str) -> Term:
        try:
            moment = pd.Timestamp(text)
            if moment is pd.NaT:
                raise ValueError(text)
        except ValueError:
            self.entry.refuse(f"{text!r} is no date; write it as '2024-12-31'")
        seconds = np.array([moment.timestamp()])  # type: ignore
        return Term("moment", lambda values: seconds)

    def _call(self, name: str, nodes: list[ast.expr]) -> Term:
        terms = [self._compile(node) for node in nodes]
        if name in ("text", "date"):
            return self._convert(name, terms)
        function = FUNCTIONS[name]
        if not function.least <= len(terms) <= function.most:
            count = (f"{function.least}" if function.least == function.most
                     else f"{function.least} to {function.most}")  # fmt: skip
            self.entry.refuse(f"{name}() takes {count} values, not {len(terms)}")
        for place, (node, term) in enumerate(zip(nodes, terms, strict=True)):
            allowed = function.kinds[min(place, len(function.kinds) - 1)]
            if term.kind not in allowed:
                self._mismatch(ast.unparse(node), term.kind, allowed)
        alike = terms[1:] if name == "where" else terms if name in ("min", "max") else terms[:1]
        if len({_WORDS[term.kind] for term in alike}) > 1:
            self._mismatch(ast.unparse(nodes[-1]), terms[-1].kind, (alike[0].kind,))
        kind = function.result([term.kind for term in terms])
        if name == "round":
            kind = self._round_kind(terms)
        call = choose if name == "where" else function.call
        return Term(kind, lambda values: call(*(term.call(values) for term in terms)))

    def _round_kind(self, terms: list[Term]) -> Kind:
        if len(terms) == 1:
            return "whole"
        places = terms[1].constant
        if places is None or not -15 <= places <= 15:
            self.entry.refuse("the decimals of round() must be a whole number from -15 to 15")
        return "whole" if places <= 0 else "number"

    def _convert(self, name: str, terms: list[Term]) -> Term:
        if len(terms) != 1:
            self.entry.refuse(f"{name}() takes 1 value, not {len(terms)}")
        if name == "date":
            if not isinstance(terms[0].constant, str):
                self.entry.refuse("date() takes a text such as '2024-12-31'")
            return self._date(terms[0].constant)
        if terms[0].kind in ("moment", "truth"):
            self._mismatch("text(…)", terms[0].kind, ("number", "text"))
        return _as_text(terms[0])


def _constant(value: Any) -> Term:
    if isinstance(value, bool):
        return Term("truth", lambda values: np.array([value]))
    if isinstance(value, str):
        texts = Texts.constant(value)
        return Term("text", lambda values: texts, value)
    number = float(min(max(value, -1e308), 1e308))
    whole = isinstance(value, int) and abs(value) <= LARGEST
    return Term("whole" if whole else "number", lambda values: np.array([number]), number)


def _as_text(term: Term) -> Term:
    if term.kind == "text":
        return term
    whole = term.kind == "whole"
    return Term("text", lambda values: Texts.of_numbers(term.call(values), whole))


def _any(parts: Sequence[Callable[[Values], Any]], negate: bool) -> Callable[[Values], Any]:
    def call(values: Values) -> Any:
        found = np.logical_or.reduce(np.broadcast_arrays(*(part(values) for part in parts)))
        return ~found if negate else found

    return call
