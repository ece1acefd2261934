"""The text of a rule as an expression of recipes: one sign of equality, dates and values without
quotes, `missing` as a word, and column names that are no names of Python."""

import ast
import copy
import keyword
import re
from collections.abc import Iterator, Mapping

from pandas.api import types

from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.reading import Entry, nearest
from synth_dl.recipes.syntax import Syntax
from synth_dl.recipes.values import Kind
from synth_dl.tables.schema import Column, Schema

MISSING = " is missing"  # ends the name of a truth about a column
_QUOTED = re.compile(r"('[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`)")
_STRINGS = re.compile(r"('[^'\n]*'|\"[^\"\n]*\")")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?\b")
_ABSENT = re.compile(r"(?:`([^`\n]+)`|\b([^\W\d]\w*))\s+(?:is\s+)?(?:(not\s+)?missing|present)\b")
_TRUE, _FALSE = ("true", "yes"), ("false", "no")


class RuleText:
    """What a rule is read with.

    Args:
        text: the whole rule.
        schema: of the table.
    """

    def __init__(self, text: str, schema: Schema) -> None:
        self.entry = Entry(text, f"rule {text!r}")
        self.columns = {column.name: column for column in schema.columns}
        self.kinds: Mapping[str, Kind] = {
            name: kind_of(column) for name, column in self.columns.items()
        }

    def syntax(self, text: str) -> Syntax:
        """The parts of an expression in the words of a rule.

        Raises:
            DataError: for what is no expression, and a column that there is not.
        """
        syntax = Syntax(Entry(self._in_python(text), self.entry.source))
        syntax.tree = _Constants(self, syntax).visit(syntax.tree)
        syntax.names = frozenset(_names(syntax, syntax.tree))
        for name in sorted(syntax.names):
            self.check_column(name.removesuffix(MISSING))
        return syntax

    def check_column(self, name: str) -> None:
        """Refuse, by a DataError, a name that no column has, with the nearest one."""
        if name not in self.columns:
            hint = nearest(name, list(self.columns))
            self.entry.refuse(f"there is no column {name!r}; {hint}")

    def expression(self, syntax: Syntax, node: ast.expr, wanted: tuple[Kind, ...]) -> Expression:
        """A part of what `syntax` read, as an expression whose kind is known."""
        part = copy.copy(syntax)
        part.tree, part.names = node, frozenset(_names(syntax, node))
        found = Expression(self.entry, part)
        truths: dict[str, Kind] = {name: "truth" for name in part.names if name.endswith(MISSING)}
        found.resolve({**self.kinds, **truths}, wanted)
        return found

    def _in_python(self, text: str) -> str:
        odd = sorted((name for name in self.columns if _is_odd(name)), key=len, reverse=True)
        names = "|".join(map(re.escape, odd))
        pieces = _QUOTED.split(text)
        for place in range(0, len(pieces), 2):
            piece = pieces[place].replace("≤", "<=").replace("≥", ">=")
            if names:
                piece = re.sub(rf"(?<!\w)({names})(?!\w)", r"`\1`", piece)
            parts = _QUOTED.split(piece)
            for own in range(0, len(parts), 2):
                parts[own] = _DATE.sub(lambda match: repr(match[0]), parts[own])
                parts[own] = re.sub(r"(?<![<>=!])=(?!=)", "==", parts[own])
            pieces[place] = "".join(parts)
        pieces = _STRINGS.split("".join(pieces))
        return "".join(
            piece if place % 2 else _ABSENT.sub(_absent, piece)
            for place, piece in enumerate(pieces)
        )


def kind_of(column: Column) -> Kind:
    """What an expression takes a column for."""
    dtype = types.pandas_dtype(column.dtype)
    if column.type == "datetime" or types.is_datetime64_any_dtype(dtype):
        return "moment"
    if types.is_bool_dtype(dtype) and not isinstance(dtype, types.CategoricalDtype):
        return "truth"
    if types.is_numeric_dtype(dtype):
        return "whole" if types.is_integer_dtype(dtype) else "number"
    return "text"


def _is_odd(name: str) -> bool:
    return not name.isidentifier() or keyword.iskeyword(name)


def _absent(match: re.Match[str]) -> str:
    present = match[3] or match[0].endswith("present")
    return f"{'not ' if present else ''}`{match[1] or match[2]}{MISSING}`"


def _names(syntax: Syntax, node: ast.AST) -> Iterator[str]:
    called = {id(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and id(each) not in called:
            yield syntax.column(each)


class _Constants(ast.NodeTransformer):
    """Values of texts, truths and dates that are compared with a column, as constants."""

    def __init__(self, rule: RuleText, syntax: Syntax) -> None:
        self.rule, self.syntax = rule, syntax

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        sides = [node.left, *node.comparators]
        columns = [self.rule.columns.get(self._name(side)) for side in sides]
        of = next((column for column in columns if column is not None), None)
        if of is None:
            return node
        found = [
            side if column is not None else self._constant(side, of)
            for side, column in zip(sides, columns, strict=True)
        ]
        return ast.Compare(found[0], node.ops, found[1:])

    def _name(self, node: ast.expr) -> str:
        return self.syntax.column(node) if isinstance(node, ast.Name) else ""

    def _constant(self, node: ast.expr, of: Column) -> ast.expr:
        if isinstance(node, ast.Tuple | ast.List):
            return ast.Tuple([self._constant(each, of) for each in node.elts], ast.Load())
        kind = self.rule.kinds[of.name]
        word = self._name(node) or (node.value if isinstance(node, ast.Constant) else None)
        if kind == "text" and isinstance(word, str | int | float):
            return ast.Constant(str(word))
        if kind == "truth" and isinstance(word, str):
            true, false = of.words or ("true", "false")
            known = dict.fromkeys((*_TRUE, true.lower()), True)
            known |= dict.fromkeys((*_FALSE, false.lower()), False)
            if word.lower() in known:
                return ast.Constant(known[word.lower()])
        if kind == "moment" and isinstance(node, ast.Constant) and isinstance(word, str):
            return ast.Call(ast.Name("date", ast.Load()), [node], [])
        return node
