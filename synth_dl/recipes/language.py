"""What the entries of a recipe mean: its tables and their columns."""

from dataclasses import dataclass, field
from typing import Any

from synth_dl.recipes.columns import Column, in_order
from synth_dl.recipes.copula import Copula, read_copulas
from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.identifiers import Identifier, identifier
from synth_dl.recipes.models import BooleanModel, CasesModel, ListModel, Model
from synth_dl.recipes.moments import is_moment, moment_model
from synth_dl.recipes.numbers import BASES, SHAPED, NumberModel
from synth_dl.recipes.parameters import Choice, Known, Parameter, share
from synth_dl.recipes.reading import Entry, nearest

_EVERYWHERE = ("missing", "hidden")
_SOURCES = ("distribution", "values", "boolean", "between", "quantiles", "mixture", "formula",
            "sequence", "uuid", "pattern", "realistic")  # fmt: skip
_MODELS = ("values", "boolean", *BASES)
_LISTED = ("values", "weights", "ordered")
_MOST_COLUMNS = 5000
_MOST_ROWS = 10**12


@dataclass
class Table:
    """One table of a recipe.

    Attributes:
        name: of the table; empty where the recipe has one only.
        columns: by name, as they are written.
        order: the same, each after those it depends on.
        copulas: of columns that are correlated.
        rows: to draw where no number is asked for.
        entry: where it stands.
    """

    name: str
    columns: dict[str, Column]
    order: list[Column]
    copulas: list[Copula] = field(default_factory=list)
    rows: int | None = None
    entry: Entry | None = None

    def check(self, rows: int) -> None:
        """Refuse, by a DataError, more rows than identifiers have values for."""
        for column in self.columns.values():
            column.check(rows)

    @property
    def written(self) -> list[Column]:
        """The columns that are not hidden."""
        return [column for column in self.columns.values() if not column.hidden]


def read_table(entry: Entry, entries: dict[str, Entry], name: str = "",
               outer: Known | None = None) -> Table:  # fmt: skip
    """A table from its `columns`, `correlation` and `rows`.

    Args:
        entry: of the table.
        entries: its parts.
        name: of the table.
        outer: what is known of columns of other tables that its own may name.

    Raises:
        DataError: with the place, for whatever is wrong in it.
    """
    if "columns" not in entries:
        entry.refuse("a table needs its `columns`")
    columns = {}
    told = entries["columns"].entries(what="columns by name")
    if len(told) > _MOST_COLUMNS:
        entries["columns"].refuse(f"there are {len(told):,} columns; a table has at most "
                                  f"{_MOST_COLUMNS:,}")  # fmt: skip
    for key, each in told.items():
        columns[str(key)] = read_column(str(key), each)
    if not any(not column.hidden for column in columns.values()):
        entries["columns"].refuse("a table needs a column that is not hidden; add one")
    order = in_order(columns, outer or Known())
    rows = entries.get("rows")
    count = None if rows is None else rows.whole(1, _MOST_ROWS, "a number of rows from 1 on")
    copulas = read_copulas(entries["correlation"], columns) if "correlation" in entries else []
    return Table(name, columns, order, copulas, count, entry)


def read_column(name: str, entry: Entry) -> Column:
    """One column from its entries."""
    entries = dict(entry.entries(what="what the column holds"))
    hidden = entries.pop("hidden", None)
    missing = entries.pop("missing", None)
    source = _source(entry, entries)
    if isinstance(source, Identifier) and missing is not None:
        missing.refuse("what names a row is never missing; remove `missing`")
    gone = None if missing is None else share(missing)
    if "by" in entries and any("missing" in e.value for e in _leaves(entries)):
        plain = missing or Entry(0, entry.source, entry.line, entry.trail)
        gone = share(_missing_by(entries, plain))
    return Column(name, entry, source, gone, hidden is not None and hidden.truth())


def _source(entry: Entry, entries: dict[str, Entry]) -> Model | Expression | Identifier:
    found = identifier(entries)
    if found is not None:
        return found
    if "formula" in entries:
        for key, other in entries.items():
            if key != "formula":
                other.refuse(f"unknown entry {str(key)!r} beside `formula`; compute it in there")
        return Expression(entries["formula"])
    return read_model(entry, entries)


def read_model(entry: Entry, entries: dict[str, Entry]) -> Model:
    """A random column, or one for each case."""
    if "by" not in entries and "cases" not in entries:
        return _plain_model(entry, entries)
    if "by" not in entries or "cases" not in entries:
        entry.refuse("`by` and `cases` go together: by which column, and what holds for its values")
    base = {key: each for key, each in entries.items() if key not in ("by", "cases")}
    complete = any(key in base for key in _MODELS) or is_moment(base)
    choice = Choice(entries["by"], entries["cases"], complete=not complete)
    models = []
    for case in choice.found:
        own = {k: e for k, e in case.entries(what="what holds for it").items() if k != "missing"}
        kept = base
        if any(key in own for key in _MODELS):
            # Another source has other parameters; what is done to its values still is.
            shared = ("ordered",) if "values" in own else SHAPED
            kept = {key: each for key, each in base.items() if key in shared}
        models.append(read_model(case, {**kept, **own}))
    if complete:
        models.append(_plain_model(entry, base))
    return CasesModel(entry, choice, models)


def _plain_model(entry: Entry, entries: dict[str, Entry]) -> Model:
    if "values" in entries:
        return _list_model(entry, entries)
    if "boolean" in entries:
        for key, other in entries.items():
            if key != "boolean":
                other.refuse(f"unknown entry {str(key)!r} beside `boolean`; remove it")
        return BooleanModel(entry, share(entries["boolean"], "the share of true, from 0 to 1"))
    if is_moment(entries):
        return moment_model(entry, entries)
    if any(key in entries for key in BASES):
        told = [key for key in BASES if key in entries]
        if len(told) > 1:
            entries[told[1]].refuse(
                f"a column has `{told[0]}` or `{told[1]}`, not both; remove one"
            )
        return NumberModel(entry, entries)
    for key, other in entries.items():
        if key not in (*_SOURCES, *SHAPED, *_LISTED):
            other.refuse(f"unknown entry {str(key)!r}; {nearest(key, _SOURCES)}")
    if "between" in entries:
        entries["between"].refuse("`between` takes two dates, such as [2019-01-01, 2024-12-31 18:00"
                                  "], or stands beside a `distribution` of numbers")  # fmt: skip
    entry.refuse(f"the column has nothing to come from; give it one of {', '.join(_SOURCES)}")


def _list_model(entry: Entry, entries: dict[str, Entry]) -> ListModel:
    for key, other in entries.items():
        if key not in _LISTED:
            allowed = [*_LISTED, *_EVERYWHERE, "by", "cases"]
            other.refuse(f"unknown entry {str(key)!r} beside `values`; {nearest(key, allowed)}")
    listed = entries["values"]
    bounds: dict[str, Any] = {"low": 0, "what": "a weight from 0 on, or an expression"}
    if isinstance(listed.value, dict):
        if "weights" in entries:
            entries["weights"].refuse("the weights stand beside the values already; remove these")
        levels, words = [name.value for name in listed.value], [*map(str, listed.value)]
        if None in levels:
            listed.value[words[levels.index(None)]].refuse(
                "null is no value; say `missing: 0.1` for empty cells, or quote it if it is a text"
            )
        weights = [Parameter(each, **bounds) for each in listed.value.values()]
    else:
        items = listed.items("values with weights, such as {north: 0.5, south: 0.5}")
        levels, words = [each.value for each in items], [each.written for each in items]
        told = entries["weights"].items("a weight for each value") if "weights" in entries else [
            Entry(1, each.source, each.line, each.trail) for each in items]  # fmt: skip
        if len(told) != len(levels):
            entries["weights"].refuse(f"there are {len(levels)} values and {len(told)} weights; "
                                      "give one for each")  # fmt: skip
        weights = [Parameter(each, **bounds) for each in told]
        for each in items:
            if each.value is None or isinstance(each.value, dict | list):
                each.refuse(f"a value must be a text, a number or a date, not {each.shown}")
            if levels.count(each.value) > 1 and len(levels) < 1000:
                each.refuse(f"the value {each.shown} stands twice; give it one larger weight")
    if not levels:
        listed.refuse("there are no values; list them with their weights")
    if {str} < {type(level) for level in levels} <= {str, int, float}:
        levels = words
    ordered = "ordered" in entries and entries["ordered"].truth()
    return ListModel(entry, levels, weights, ordered)


def _leaves(entries: dict[str, Entry]) -> list[Entry]:
    return [e for e in Choice(entries["by"], entries["cases"], False).found
            if isinstance(e.value, dict)]  # fmt: skip


def _missing_by(entries: dict[str, Entry], plain: Entry) -> Entry:
    """The shares of missing cells that stand in cases, as a parameter of its own."""
    by = entries["by"]
    depth = len(by.value) if isinstance(by.value, list) else 1

    def shares(entry: Entry, depth: int) -> Entry:
        if not depth:
            return entry.value.get("missing", plain)
        inner = {key: shares(each, depth - 1) for key, each in entry.value.items()}
        return Entry(inner, entry.source, entry.line, entry.trail)

    found = {"by": by, "cases": shares(entries["cases"], depth), "default": plain}
    return Entry(found, plain.source, plain.line, plain.trail)
