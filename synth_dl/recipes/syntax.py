"""What an expression may be made of, as Python's parser sees it: columns, numbers, texts and calls
of what `functions` lists. There are no attributes, no subscripts and no names of Python."""

import ast
import re
import warnings
from collections.abc import Sequence
from typing import NoReturn

from synth_dl.recipes.functions import FUNCTIONS
from synth_dl.recipes.reading import Entry, nearest

_LONGEST, _MOST_NODES, _DEEPEST = 4000, 500, 60
# Texts, which stay as they are, and names in backticks; whichever begins first.
_QUOTED = re.compile(r"'[^'\\\n]*'|\"[^\"\\\n]*\"|`([^`\n]+)`")
_BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


class Syntax:
    """The parts of an expression, all of them allowed.

    Args:
        entry: where it stands.

    Attributes:
        tree: of its parts.
        names: of the columns it depends on.

    Raises:
        DataError: for what is no expression, or would reach anything but columns.
    """

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        if isinstance(entry.value, dict | list) or entry.value is None:
            entry.refuse(f'this must be an expression, such as "2 * income", not {entry.shown}')
        text = str(entry.value)
        if len(text) > _LONGEST:
            entry.refuse(f"an expression has at most {_LONGEST:,} characters; split it in two")
        self._quoted: dict[str, str] = {}
        self.tree = self._parse(text)
        self.names: frozenset[str] = frozenset(self._check(self.tree))

    def column(self, node: ast.Name) -> str:
        """The column that a name stands for."""
        return self._quoted.get(node.id, node.id)

    def _parse(self, text: str) -> ast.expr:
        def name(match: re.Match[str]) -> str:
            if match[1] is None:
                return match[0]
            own = f"_column_{len(self._quoted)}_"
            self._quoted[own] = match[1]
            return own

        try:
            with warnings.catch_warnings():  # such as on `1 is 1`
                warnings.simplefilter("ignore")
                tree = ast.parse(_QUOTED.sub(name, text.strip()), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = getattr(error, "msg", None) or "it lies too deep"
            self.entry.refuse(f"{self.entry.shown} is no expression ({reason}); correct it, and "
                              "write names with spaces in `backticks`")  # fmt: skip
        if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
            self.entry.refuse(f"an expression has at most {_MOST_NODES} parts; split it in two")
        return tree.body

    def _check(self, node: ast.AST, depth: int = 0) -> set[str]:
        """The columns that a node names; refuses every node that is not allowed."""
        if depth > _DEEPEST:
            self.entry.refuse("parts of the expression lie too deep in one another; split it")
        children: Sequence[ast.AST]
        match node:
            case ast.Name():
                name = self.column(node)
                if node.id.startswith("__"):
                    self._forbid(node)
                return {name}
            case ast.Constant() if isinstance(node.value, bool | int | float | str):
                children = ()
            case ast.BinOp() if isinstance(node.op, _BINARY):
                children = (node.left, node.right)
            case ast.UnaryOp() if isinstance(node.op, ast.USub | ast.UAdd | ast.Not):
                children = (node.operand,)
            case ast.BoolOp():
                children = node.values
            case ast.IfExp():
                children = (node.test, node.body, node.orelse)
            case ast.Compare():
                children = (node.left, *self._compared(node))
            case ast.Call():
                children = self._arguments(node)
            case _:
                self._forbid(node)
        return {name for child in children for name in self._check(child, depth + 1)}

    def _compared(self, node: ast.Compare) -> list[ast.AST]:
        found: list[ast.AST] = []
        for operator, other in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                if not isinstance(other, ast.Tuple | ast.List) or not other.elts:
                    self.entry.refuse("after `in` there must be a list, such as region in "
                                      "('north', 'south')")  # fmt: skip
                found += other.elts
            elif isinstance(operator, ast.Is | ast.IsNot):
                self.entry.refuse("compare by == or != in place of `is`")
            else:
                found.append(other)
        return found

    def _arguments(self, node: ast.Call) -> list[ast.expr]:
        if not isinstance(node.func, ast.Name):
            self._forbid(node.func)
        name = node.func.id
        if name not in FUNCTIONS and name not in ("text", "date"):
            known = [*FUNCTIONS, "text", "date"]
            self.entry.refuse(f"there is no function {name!r} in an expression; "
                              f"{nearest(name, known)}")  # fmt: skip
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            self.entry.refuse(f"{name}() takes values in order, without names or stars")
        return node.args

    def _forbid(self, node: ast.AST) -> NoReturn:
        shown = ast.unparse(node) if not isinstance(node, ast.Constant) else repr(node.value)
        self.entry.refuse(
            f"`{shown[:60]}` is not allowed in an expression: it may hold columns, numbers, texts, "
            "comparisons, and/or/not and the functions of a recipe only"
        )
