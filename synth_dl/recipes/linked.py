"""Linked tables: a key in the parent, a foreign key in the child, and how many children there are.

A child may name the columns of its parent as its own. Its rows are numbered through all parents, so
that they are the same whatever parents are drawn along.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np
import pandas as pd

from synth_dl.recipes.columns import Column
from synth_dl.recipes.identifiers import Identifier
from synth_dl.recipes.language import Table, read_column, read_table
from synth_dl.recipes.models import Model
from synth_dl.recipes.parameters import Known
from synth_dl.recipes.reading import Entry, nearest
from synth_dl.recipes.sampling import draw_column, draw_values, to_frame
from synth_dl.recipes.values import Value, Values, take, to_series

_TABLE = ("rows", "columns", "correlation", "key", "parent", "foreign_key", "children")
_MOST_CHILDREN = 1_000_000
_STEP = 1 << 16  # rows of a parent whose children are counted at once


@dataclass
class Node:
    """A table with its place among others.

    Attributes:
        table: the table itself.
        key: the column that names its rows, if it has one.
        parent: the table whose rows own its rows; None for the first tables.
        foreign_key: the column that names the row of the parent.
        children: the number of its rows that a row of the parent has.
        known: what its own children may name.
    """

    table: Table
    key: str | None = None
    parent: str | None = None
    foreign_key: str = ""
    children: Column | None = None
    known: Known | None = None

    @property
    def named(self) -> frozenset[str]:
        """Columns that its rows, or how many there are, depend on."""
        columns = list(self.table.columns.values())
        masks = [column.missing.names for column in columns if column.missing is not None]
        number = self.children.parents if self.children is not None else frozenset()
        return number.union(*masks, *(column.parents for column in columns))

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns as they are written: a foreign key stands after the key."""
        names = [column.name for column in self.table.written]
        if self.parent is not None:
            names.insert(1 if names[0] == self.key else 0, self.foreign_key)
        return tuple(names)


class Plan:
    """The tables of a recipe, each after its parent.

    Attributes:
        nodes: by name; the only one has no name where the recipe is of one table.
        root: the table that has no parent.
    """

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes
        self.root = next(node for node in nodes.values() if node.parent is None)
        self._counted: dict[int, dict[int, dict[str, int]]] = {}

    def owned(self, name: str) -> list[Node]:
        """The tables whose parent is this one."""
        return [node for node in self.nodes.values() if node.parent == name]

    def draw(self, seed: int, first: int, count: int) -> dict[str, pd.DataFrame]:
        """Rows of the first table from a number on, and all that belong to them."""
        frames: dict[str, pd.DataFrame] = {}
        before = self.rows_before(seed, first)
        self._draw(self.root, seed, first, count, {}, before, frames)
        return {name: frames[name] for name in self.nodes}

    def _draw(self, node: Node, seed: int, first: int, count: int, outer: Values,
              before: Mapping[str, int], frames: dict[str, pd.DataFrame]) -> None:  # fmt: skip
        table = node.table
        table.check(first + count)
        values = draw_values(table, seed, first, count, outer)
        frames[table.name] = to_frame(table, values, seed, first, count)
        for child in self.owned(table.name):
            owners = np.repeat(np.arange(count), _numbers(child, seed, first, count, values))
            inherited = {name: _spread(value, owners) for name, value in values.items()}
            own = len(owners)
            self._draw(child, seed, before[child.table.name], own, inherited, before, frames)
            key = table.columns[node.key or ""]
            frame = frames[child.table.name]
            foreign = to_series(inherited[key.name], key.kind, own, None)
            frame.insert(child.names.index(child.foreign_key), child.foreign_key, foreign)

    def rows_before(self, seed: int, first: int) -> dict[str, int]:
        """How many rows of each table belong to the rows of the first one before a number."""
        if len(self.nodes) == 1:
            return {}
        counted = self._counted.setdefault(seed, {0: dict.fromkeys(self.nodes, 0)})
        start = max(row for row in counted if row <= first)
        for at in range(start, first, _STEP):
            rows = min(_STEP, first - at)
            total = dict(counted[at])
            self._count(self.root, seed, at, rows, {}, total)
            counted[at + rows] = total
        return counted[first]

    def _count(self, node: Node, seed: int, first: int, count: int, outer: Values,
               total: dict[str, int]) -> None:  # fmt: skip
        total[node.table.name] += count
        owned = self.owned(node.table.name)
        if not owned:
            return
        values = draw_values(node.table, seed, first, count, outer)
        for child in owned:
            numbers = _numbers(child, seed, first, count, values)
            begins = total[child.table.name]
            owners = np.repeat(np.arange(count), numbers)
            inherited = {name: _spread(value, owners) for name, value in values.items()}
            self._count(child, seed, begins, len(owners), inherited, total)


def _spread(value: Value, owners: np.ndarray) -> Value:
    return take(value, owners if len(value) > 1 else np.zeros(len(owners), int))


def _numbers(child: Node, seed: int, first: int, count: int, values: Values) -> np.ndarray:
    """[N] how many children each row has."""
    assert child.children is not None
    drawn = draw_column(child.table.name, child.children, seed, first, count, values, {})
    numbers = np.broadcast_to(drawn, count)  # type: ignore[arg-type]
    if not ((numbers >= 0) & (numbers <= _MOST_CHILDREN)).all():
        bad = numbers[~((numbers >= 0) & (numbers <= _MOST_CHILDREN))][0]
        child.children.entry.refuse(f"a row would have {bad:g} children; give a distribution from "
                                    "0 to 1,000,000")  # fmt: skip
    return numbers.astype(np.int64)


def read_plan(entry: Entry) -> Plan:
    """The tables of a recipe.

    Raises:
        DataError: with the place, for whatever is wrong in it.
    """
    entries = entry.entries("rows", "columns", "correlation", "tables")
    if "tables" not in entries:
        return Plan({"": Node(read_table(entry, entries))})
    for name in ("rows", "columns", "correlation"):
        if name in entries:
            entries[name].refuse(f"beside `tables`, `{name}` belongs into one of the tables")
    tables = entries["tables"].entries(what="tables by name")
    found = {str(name): each for name, each in tables.items()}
    nodes: dict[str, Node] = {}
    for name in _parents_first(entries["tables"], found):
        nodes[name] = _read_node(name, found[name], nodes)
    roots = [name for name, node in nodes.items() if node.parent is None]
    if len(roots) != 1:
        found[roots[1]].refuse(f"the tables {roots[0]!r} and {roots[1]!r} both have no `parent`; "
                               "link one to the other, or write two recipes")  # fmt: skip
    return Plan({name: nodes[name] for name in found} if nodes else nodes)


def _parents_first(entry: Entry, tables: dict[str, Entry]) -> Iterator[str]:
    if not tables:
        entry.refuse("there are no tables; give them by name")
    graph: dict[str, list[str]] = {}
    for name, each in tables.items():
        parent = each.entries(*_TABLE).get("parent")
        owner = None if parent is None else parent.name("the name of a table")
        if parent is not None and owner not in tables:
            parent.refuse(f"there is no table {owner!r} for the foreign key; "
                          f"{nearest(owner, list(tables))}")  # fmt: skip
        graph[name] = [owner] if owner is not None else []
    try:
        return iter(list(TopologicalSorter(graph).static_order()))
    except CycleError as error:
        entry.refuse(f"tables own one another in a circle: {' → '.join(error.args[1])}; take one "
                     "`parent` out")  # fmt: skip


def _read_node(name: str, entry: Entry, nodes: dict[str, Node]) -> Node:
    entries = entry.entries(*_TABLE)
    linked = [key for key in ("parent", "foreign_key", "children") if key in entries]
    if linked and len(linked) < 3:
        lacking = {"parent", "foreign_key", "children"}.difference(linked)
        entry.refuse(f"a child table needs its `{sorted(lacking)[0]}` beside its `{linked[0]}`")
    parent = nodes[entries["parent"].name()] if linked else None
    if parent is not None and "rows" in entries:
        entries["rows"].refuse("the rows of a child table come from `children`; remove `rows`")
    if parent is not None and parent.key is None:
        entries["parent"].refuse(f"the table {parent.table.name!r} has no `key`; name the column "
                                 "there that tells its rows apart")  # fmt: skip
    outer = parent.known if parent is not None else None
    table = read_table(entry, entries, name, outer)
    key = _key(entries["key"], table) if "key" in entries else None
    foreign, children = "", None
    if parent is not None:
        foreign = entries["foreign_key"].name()
        if foreign in table.columns:
            entries["foreign_key"].refuse(f"the column {foreign!r} is filled from the parent; "
                                          "remove it from `columns`")  # fmt: skip
        children = _children(entries["children"], parent)
    known = Known(dict(outer.kinds), dict(outer.levels)) if outer is not None else Known()
    for column in table.order:
        column.tell(known)
    return Node(table, key, parent.table.name if parent else None, foreign, children, known)


def _key(entry: Entry, table: Table) -> str:
    name = entry.name()
    if name not in table.columns:
        entry.refuse(
            f"there is no column {name!r} for the key; {nearest(name, list(table.columns))}"
        )
    column = table.columns[name]
    if not isinstance(column.source, Identifier) or column.hidden:
        entry.refuse(f"the key {name!r} must be a visible `sequence`, `uuid` or `pattern`, as it "
                     "tells rows apart")  # fmt: skip
    return name


def _children(entry: Entry, parent: Node) -> Column:
    """The number of children, as a column that is not written."""
    if not isinstance(entry.value, dict):
        number = entry.whole(0, _MOST_CHILDREN, "a number of children or a distribution of it")
        listed = Entry([Entry(number, entry.source, entry.line)], entry.source, entry.line)
        entry = Entry({"values": listed}, entry.source, entry.line, entry.trail)
    column = read_column("children", entry)
    if not isinstance(column.source, Model) or column.missing is not None or column.hidden:
        entry.refuse("the number of children is a distribution, such as {distribution: poisson, "
                     "mu: 2}")  # fmt: skip
    assert parent.known is not None
    for name in sorted(column.parents):
        if name not in parent.known.kinds:
            entry.refuse(f"there is no column {name!r} in {parent.table.name!r}; "
                         f"{nearest(name, list(parent.known.kinds))}")  # fmt: skip
    column.resolve(Known(dict(parent.known.kinds), dict(parent.known.levels)))
    if column.kind != "whole":
        entry.refuse("the number of children must be whole; take such as poisson, or add "
                     "`decimals: 0`")  # fmt: skip
    return column
