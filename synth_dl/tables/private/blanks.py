"""A schema to be filled in: what reading a table found, without what would tell of its rows.

Names, types and formats stay. Limits, categories, words for true and false, and kinds of keys are
lines in comments, for somebody who knows them without the rows.
"""

import re
from dataclasses import replace
from pathlib import Path
from textwrap import fill, wrap

import yaml

from synth_dl.errors import DataError
from synth_dl.identifiers.realistic import KINDS
from synth_dl.tables.private.declared import completed
from synth_dl.tables.schema import Column, Schema
from synth_dl.writing import AtomicWriter

_BLANKS: dict[str, tuple[str, ...]] = {
    "number": ("minimum", "maximum"),
    "datetime": ("minimum", "maximum"),
    "category": ("levels",),
    "boolean": ("words",),
    "key": ("kind",),
    "pattern": ("type", "levels"),
    "constant": ("type", "levels"),
    "empty": (),
}
_OPEN = {"levels": "levels: [ ]", "words": "words: [ ]", "type": "type: category",
         "ordered": "ordered: true"}  # fmt: skip
_TEXTS = ("str", "string", "object", "category")
_WIDTH = 96  # characters of a comment in a line

_HEAD = f"""\
A schema to be filled in from public knowledge, made by synth_dl.

Under differential privacy everything in this file counts as public and costs none of the budget.
So write what is known without the rows, from a code book, a form or a law; never look a limit or a
category up in them.

Check what is there, as it was read off the file:
- `name` comes from its first line. If that line holds no names, a name may be a cell: name the
  columns by data.columns.
- `type`, `dtype`, `decimals`, `format` and `dialect` fit the rows. Make sure that each is public
  knowledge; if one is not, write what is. That a column is empty or constant is something about
  the rows, too.

Fill in what is not: remove the # and the blank behind it, and write the value.
- `minimum`, `maximum`: no value lies beyond, such as 0 and 120, or 2020-01-01 and 2029-12-31.
  A cell that does counts as the limit. Dates need both.
- `levels`: all categories, such as [low, middle, high]; any other cell counts as missing. With
  `ordered: true` they stand from low to high.
- `words`: how true and false are written, such as ['yes', 'no']; without them yes and no, true and
  false, 1 and 0 are known.
- `kind`: what a key is, so that fresh ones are drawn, one of
{fill(", ".join(KINDS), 96, initial_indent="  ", subsequent_indent="  ")}.
- `type` in a comment stands in place of the one above it.

Limits of numbers and categories that are not declared are learnt under the budget, of which less is
left for the rest. What differential privacy refuses as it stands has a comment that names the cure.
"""


def public_part(schema: Schema) -> Schema:
    """What a schema says of names, types and formats; nothing of values and how they are spread."""
    return Schema(tuple(map(_public_column, schema.columns)), schema.dialect)


def blanks_of(column: Column) -> tuple[str, ...]:
    """Entries of a column that are to be filled in."""
    blanks = _BLANKS[column.type]
    return (*blanks, "ordered") if column.ordered else blanks


def refusals(column: Column) -> tuple[str, ...]:
    """Why a column cannot be learnt privately as it was found, each with the cure."""
    public = _public_column(column)
    # What is refused first hides what is refused next.
    plain = replace(public, stored=None)
    if column.type == "datetime":
        limited = replace(plain, minimum="2000-01-01", maximum="2000-12-31")
        return _distinct(public, plain, limited)
    return _distinct(public, plain)


def blank_text(schema: Schema) -> str:
    """The YAML of the public part of a schema, with a comment for each entry to fill in."""
    public = public_part(schema)
    state = public.to_dict()
    lines = [f"# {line}".rstrip() for line in _HEAD.splitlines()]
    if "dialect" in state:
        lines.append(_yaml({"dialect": state["dialect"]}))
    lines.append("columns:")
    for column, entry in zip(schema.columns, state["columns"], strict=True):
        lines.append(_yaml([entry]))
        lines += [f"  # {line}" for line in _comments(column)]
    return "\n".join(lines) + "\n"


def write_blank(schema: Schema, path: Path, *, overwrite: bool = False) -> None:
    """Write the text of `blank_text`, whole or not at all.

    Raises:
        DataError: if a file stands there and may not be replaced, or it cannot be written.
    """
    with AtomicWriter(path, what="the schema", overwrite=overwrite) as writer:
        writer.temporary(path).write_text(blank_text(schema), encoding="utf-8")


def _public_column(column: Column) -> Column:
    if column.type == "constant":  # the form of its one value is nearly this value
        return Column(column.name, "constant", "str", label=column.label)
    # Room for missing cells says that there are some; drawn rows get it where they need it.
    full = column.dtype.lower() if re.fullmatch(r"U?Int\d+", column.dtype) else column.dtype
    full = "bool" if full == "boolean" else full
    return Column(
        column.name, column.type, full, decimals=column.decimals, format=column.format,
        stored=column.stored, label=column.label,
    )  # fmt: skip


def _distinct(*columns: Column) -> tuple[str, ...]:
    """What is said of columns that are refused, each sentence once."""
    said = []
    for column in columns:
        try:
            completed(column)
        except DataError as error:
            said.append(str(error).removeprefix("privacy: "))
    return tuple(dict.fromkeys(said))


def _comments(column: Column) -> list[str]:
    lines = list[str]()
    for sentence in refusals(column):
        lines += wrap(f"differential privacy refuses it as it stands: {sentence}", _WIDTH)
    if column.type == "key":
        lines.append("or, if it tells persons apart, name it by privacy.unit")
    if column.type == "key" and column.dtype not in _TEXTS:
        lines.append("a kind is text: remove `dtype`, and `decimals` if it is there, with it")
    return [*lines, *(_OPEN.get(name, f"{name}: ") for name in blanks_of(column))]


def _yaml(state: object) -> str:
    return yaml.safe_dump(state, sort_keys=False, allow_unicode=True, width=100).rstrip("\n")
