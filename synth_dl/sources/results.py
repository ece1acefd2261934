"""What a simulator returns, as the parts of a sample."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from synth_dl.errors import DataError
from synth_dl.sources.code import Code
from synth_dl.sources.source import ALONE, Part
from synth_dl.tables.frames import is_table, taken

JOINED = 1 << 16  # rows that short parts are joined to, as each is written by itself


def parts_of(code: Code, result: Any, n: int | None) -> Iterator[Part]:
    """What a run of n rows returned, a part at a time.

    Args:
        code: that ran.
        result: a table, a dict of tables, or an iterator over either.
        n: rows that the first or only table must have; None where it may have any.

    Raises:
        CodeError: for anything else, other numbers of rows, or parts that do not go together.
    """
    count, first = 0, None
    for part in _parts(code, result):
        _check_alike(code, first, part)
        first, count = first or part, count + len(part)
        if n is not None and count > n:
            break
        yield part
    if n is not None and count != n:
        names = [] if first is None else list(first.tables)
        which = f"its first table, {names[0]!r}, has" if names and names[0] != ALONE else "it has"
        more = "more than " if count > n and first is not None and count != len(first) else ""
        shown = f"{n:,}" if more else f"{count:,}"
        raise code.error(f"returned another number of rows than it was asked for: {which} {more}"
                         f"{shown} where n={n}; return n rows")  # fmt: skip


def joined(parts: Iterable[Part], size: int = JOINED) -> Iterator[Part]:
    """The same rows in parts of at least that size, but for the last one."""
    held: list[Part] = []
    for part in parts:
        if held and not all(isinstance(each, pd.DataFrame) for each in part.tables.values()):
            yield _concatenated(held)
            held = []
        held.append(part)
        if sum(map(len, held)) >= size:
            yield _concatenated(held)
            held = []
    if held:
        yield _concatenated(held)


def _concatenated(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    held = {name: [part.tables[name] for part in parts] for name in parts[0].tables}
    return Part({name: pd.concat(rows, ignore_index=True) for name, rows in held.items()})


def _parts(code: Code, result: Any) -> Iterator[Part]:
    of_parts = isinstance(result, list | tuple) and result and all(map(_is_frame, result))
    if not isinstance(result, Iterator) and not of_parts:
        yield _part(code, result)
        return
    iterator, end = iter(result), object()
    while (item := code.call(next, iterator, end)) is not end:
        yield _part(code, item)


def _part(code: Code, item: Any) -> Part:
    if isinstance(item, Mapping) and item and all(map(_is_frame, item.values())):
        return Part({str(name): _table(code, frame) for name, frame in item.items()})
    return Part({ALONE: _table(code, item)})


def _table(code: Code, item: Any) -> Any:
    """A table of pandas or Arrow, with what an index of a name holds as columns."""
    if item is None or not is_table(item):
        what = "nothing" if item is None else f"an object of type {type(item).__name__}"
        raise code.error(
            f"returned {what}; return a DataFrame, a dict of DataFrames or an iterator of them"
        )
    try:
        table = taken(item)
    except DataError as error:
        raise code.error(f"returned what is no table: {error}") from None
    if isinstance(table, pd.DataFrame):
        named = [name for name in table.index.names if name is not None]
        if named and not set(named) & set(table.columns):
            table = table.reset_index()
    names = table.column_names if isinstance(table, pa.Table) else table.columns
    if not len(names):
        raise code.error("returned a table without columns; add one")
    return table


def _is_frame(item: Any) -> bool:
    return isinstance(item, pd.DataFrame | pa.Table) or nw.dependencies.is_into_dataframe(item)


def _check_alike(code: Code, first: Part | None, part: Part) -> None:
    if first is None:
        return
    if list(first.tables) != list(part.tables):
        raise code.error("returned parts with other tables than the first one; give each the "
                         f"tables {', '.join(map(repr, first.tables))}")  # fmt: skip
    for name, table in part.tables.items():
        kept, found = (_columns(each) for each in (first.tables[name], table))
        if kept != found:
            shown = ", ".join(map(str, kept))
            raise code.error(f"returned parts with other columns than the first one; give each "
                             f"the columns {shown}")  # fmt: skip


def _columns(table: Any) -> list[Any]:
    return list(table.column_names if isinstance(table, pa.Table) else table.columns)
