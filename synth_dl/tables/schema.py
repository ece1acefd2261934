"""What the columns of a table are, in words that a user can read, save, edit and pass back."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
import pandas as pd
import yaml
from msgspec import Meta

from synth_dl.errors import DataError
from synth_dl.identifiers.realistic import KINDS, LOCALES
from synth_dl.opening import check_names, converted, read_yaml
from synth_dl.tables.limits import check_limits
from synth_dl.tables.reading.exponents import Exponents
from synth_dl.tables.reading.styles import split_format
from synth_dl.writing import AtomicWriter

ColumnType = Literal[
    "number", "category", "boolean", "datetime", "pattern", "key", "constant", "empty"
]
COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)

# What a column of each type is read as from a text file, unless something else is declared.
DEFAULT_DTYPES: dict[str, str] = {
    "number": "float64",
    "category": "str",
    "boolean": "bool",
    "datetime": "datetime64[us]",
    "pattern": "str",
    "key": "str",
    "constant": "str",
    "empty": "float64",
}


_MOST_RULES = 200
_OWNERS = {
    "levels": ("category",),
    "ordered": ("category",),
    "words": ("boolean", "constant"),
    "format": ("datetime", "number", "constant"),
    "kind": ("key",),
    "locale": ("key",),
    "minimum": ("number", "datetime"),
    "maximum": ("number", "datetime"),
}
_LIMITS = ("minimum", "maximum")
_PLAIN = r"bool|object|u?int(8|16|32|64)|float(16|32|64)|datetime64\[(s|ms|us|ns)\]"
_EXAMPLES = "float64, Int64, str, category or 'datetime64[us, Europe/Berlin]'"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: as in the file.
        type: `number`, `category`, `boolean`, `datetime`, `pattern` (text of few forms with
            numbers in it, such as times of day), `key` (identifiers and free text, drawn fresh),
            `constant` (one value in every row) or `empty` (missing in every row).
        dtype: pandas dtype that samples get back, as `str(series.dtype)`.
        decimals: for numbers, digits after the point (0 for integers, negative for multiples of
            ten); None for continuous values. For dates, digits of the fraction of a second.
        ordered: for categories, whether `levels` is an order.
        levels: for categories, the categories in their order, where one is declared; None lets
            the codec find them.
        format: for dates in text, the `strftime` pattern; `%-d` and its like are days, months
            and hours without a leading zero, a time zone stands in it as plain text. For numbers
            in text that have a unit, a sign of currency or the like, an example of 1234.5, such
            as `${1,234.5}`, `{1234,5} kg;-{1234,5} kg` or `{1.234e+03}`.
        words: for booleans in text files, how true and false are written.
        missing: for text files, how a missing cell is written.
        places: for numbers in text files, the fewest digits that are written after the point.
        kind: for keys, one of `KINDS` whose values are drawn by Mimesis in place of patterns.
        locale: one of `LOCALES`, the language and country of these values.
        stored: the type that cells come in and are given back in, where `dtype` is only what they
            are learnt in: one of Arrow such as `decimal128(10, 2)` or `time64[us]`, or `period[M]`
            and its like of pandas.
        label: what a frame calls the column, where that is no text: a number or a tuple.
        minimum, maximum: for numbers and dates (as 2020-01-31), what no value is beyond; those
            that are count as the limit itself.
    """

    name: str
    type: ColumnType
    dtype: str
    decimals: Annotated[int, Meta(ge=-18, le=18)] | None = None
    ordered: bool = False
    levels: tuple[str | int | float | bool, ...] | None = None
    format: str | None = None
    words: tuple[str, str] | None = None
    missing: str = ""
    places: Annotated[int, Meta(ge=0, le=18)] = 0
    kind: str | None = None
    locale: str = "en"
    stored: str | None = None
    label: Any = None
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data without the entries that are at their default."""
        state: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.dtype != DEFAULT_DTYPES[self.type]:
            state["dtype"] = self.dtype
        for entry in fields(self)[3:]:
            value = getattr(self, entry.name)
            if value != entry.default:
                state[entry.name] = list(value) if isinstance(value, tuple) else value
        if self.levels is not None:
            state["levels"] = [_plain(level, self.name) for level in self.levels]
        return state


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    separator: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    decimal: Annotated[str, Meta(pattern="^[.,]$")] = "."


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in file order, and the dialect of the file they came from.

    Attributes:
        columns: of the table.
        dialect: of the file.
        rules: that hold in every row, as texts such as `start <= end`.
    """

    columns: tuple[Column, ...]
    dialect: Dialect = field(default_factory=Dialect)
    rules: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in file order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; a DataError lists the known ones."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(repr(known) for known in self.names)
        raise DataError(f"there is no column {name!r}; the columns are {known}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON and YAML can hold, without the entries at their default."""
        state: dict[str, Any] = {}
        for entry in fields(self.dialect):
            value = getattr(self.dialect, entry.name)
            if value != entry.default:
                state.setdefault("dialect", {})[entry.name] = value
        state["columns"] = [column.to_dict() for column in self.columns]
        if self.rules:
            state["rules"] = list(self.rules)
        return state

    @classmethod
    def from_dict(cls, state: Any, source: str | Path = "the schema") -> "Schema":
        """The inverse of `to_dict`; a DataError names `source`, the column and the cure."""
        where = str(source)
        _check_keys(state, ("columns", "dialect", "rules"), where)
        entries = state.get("columns")
        if not isinstance(entries, list | tuple) or not entries:
            raise DataError(f"{where}: `columns` must be a list with a name and a type for each")
        with _sentences_of(f"{where}: dialect"):
            dialect = converted(state.get("dialect") or {}, Dialect)
        columns = tuple(_read_column(entry, where) for entry in entries)
        seen: set[str] = set()
        for column in columns:
            if column.name in seen:
                raise DataError(f"{where}: column {column.name!r} is listed twice; remove one")
            seen.add(column.name)
        return cls(columns=columns, dialect=dialect, rules=_read_rules(state.get("rules"), where))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the schema as YAML, whole or not at all.

        Args:
            path: of the file.
            overwrite: whether a file of that name may be replaced.

        Raises:
            DataError: if a file stands there, or it cannot be written.
        """
        path = Path(path)
        text = yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True, width=100)
        with AtomicWriter(path, what="the schema", overwrite=overwrite) as writer:
            writer.temporary(path).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Schema":
        """Read a schema from YAML; a DataError names the file, the column and the cure."""
        return cls.from_dict(read_yaml(path), path)


def _read_rules(rules: Any, where: str) -> tuple[str, ...]:
    """The texts of `rules`, which may be one."""
    found = [rules] if isinstance(rules, str) else rules or []
    if not isinstance(found, list | tuple) or not all(isinstance(text, str) for text in found):
        raise DataError(f"{where}: `rules` must be a list of texts, such as [start <= end]; put "
                        "each of them in quotes")  # fmt: skip
    if len(found) > _MOST_RULES:
        raise DataError(f"{where}: `rules` lists {len(found):,} texts, and {_MOST_RULES} are the "
                        "most; leave some out")  # fmt: skip
    return tuple(found)


def _plain(level: Any, name: str) -> Any:
    value = level.item() if hasattr(level, "item") else level
    if not isinstance(value, str | int | float | bool):
        raise DataError(
            f"column {name!r}: its categories are of type {type(value).__name__}; "
            "turn them into text, for example with .astype(str)"
        )
    return value


def _check_keys(state: Any, known: Sequence[str], where: str) -> None:
    if not isinstance(state, Mapping):
        raise DataError(f"{where}: it must hold `name: value` entries: {', '.join(known)}")
    with _sentences_of(where):
        check_names(state, known)


@contextmanager
def _sentences_of(where: str) -> Iterator[None]:
    """Every ValueError becomes a DataError that says where it was met."""
    try:
        yield
    except DataError:
        raise
    except ValueError as error:
        raise DataError(f"{where}: {error}") from error


def _read_column(entry: Any, source: str) -> Column:
    named = entry.get("name") if isinstance(entry, Mapping) else None
    if named is None or isinstance(named, bool):
        raise DataError(
            f"{source}: column {str(entry)[:40]!r} needs a `name`, in quotes where YAML reads "
            "the word as true or false"
        )
    where = f"{source}: column {str(named)!r}"
    _check_keys(entry, [known.name for known in fields(Column)], where)
    values = {key: value for key, value in entry.items() if value is not None}
    kind = values.get("type")
    if kind not in COLUMN_TYPES:
        raise DataError(f"{where}: unknown type {kind!r}; known are {', '.join(COLUMN_TYPES)}")
    values["name"] = str(named)
    values.setdefault("dtype", DEFAULT_DTYPES[kind])
    if "missing" in values:
        values["missing"] = str(values["missing"])
    if isinstance(values.get("label"), list):
        values["label"] = tuple(values["label"])
    for key in _LIMITS:
        if isinstance(values.get(key), date):  # as YAML reads one
            values[key] = values[key].isoformat()
    for key in ("levels", "words"):
        if key in values:
            values[key] = _read_words(key, values[key], values["dtype"], where)
    with _sentences_of(where):
        column = converted(values, Column)
        _check_column(column, [key for key, value in values.items() if value or key in _LIMITS])
    return column


def _read_words(key: str, words: Any, dtype: Any, where: str) -> list[Any]:
    if not isinstance(words, list | tuple) or (key == "words" and len(words) != 2):
        example = "[yes, no]" if key == "words" else "[low, middle, high]"
        raise DataError(f"{where}: `{key}` must be a list such as {example}")
    if not all(isinstance(word, str | int | float | bool) for word in words):
        raise DataError(f"{where}: `{key}` must hold words or numbers; put each of them in quotes")
    textual = key == "words" or dtype in ("str", "string")
    if textual and any(isinstance(word, bool) for word in words):
        raise DataError(
            f"{where}: put the {key} in quotes, since YAML reads a bare yes or no as true or false"
        )
    if len(set(words)) != len(words):
        raise DataError(f"{where}: `{key}` lists a value twice; remove one")
    return [str(word) for word in words] if textual else list(words)


def _check_column(column: Column, said: Sequence[str]) -> None:
    """Refuse, by a ValueError, entries that make no sense together."""
    for key, types in _OWNERS.items():
        if key in said and column.type not in types:
            raise ValueError(f"`{key}` belongs to type {types[0]}, not {column.type}; remove it")
    check_dtype(column.dtype)
    check_limits(column.type, column.minimum, column.maximum)
    if column.ordered and not column.levels and column.dtype == "str":
        raise ValueError("an ordered category needs its `levels`, from low to high")
    of_day = (column.stored or "").startswith("time")
    if column.type == "datetime" and column.format is not None and not of_day:
        _check_format(column.format)
    if column.type == "number" and column.format and not Exponents.of_format(column.format):
        split_format(column.format)
    for key, value, known in (("kind", column.kind, KINDS), ("locale", column.locale, LOCALES)):
        if value is not None and value not in known:
            close = get_close_matches(value, known, n=1)
            cure = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise ValueError(f"unknown {key} {value!r}; {cure}")
    if column.kind is not None and column.dtype not in ("str", "string", "object", "category"):
        raise ValueError("a column with a `kind` holds text; remove its `dtype`")


def check_dtype(name: str) -> None:
    """Refuse, by a ValueError, what is no type of a column, or names a time zone that is none."""
    try:
        found: Any = pd.api.types.pandas_dtype(name)
    # Whatever pandas, NumPy and the time zones raise.
    except Exception as error:
        raise ValueError(f"there is no dtype {name!r}; write one such as {_EXAMPLES}") from error
    if isinstance(found, np.dtype) and not re.fullmatch(_PLAIN, str(found)):
        raise ValueError(f"no column has dtype {name!r}; write one such as {_EXAMPLES}")


def _check_format(pattern: str) -> None:
    """Refuse a pattern that says no day, month or week, or something twice."""
    found = re.findall("%[-^]?(.?)", pattern.replace("%P", "%p"))
    known = ({"Y", "y"}, {"m", "b", "B"}), ({"Y", "y"}, {"j"}), ({"G"}, {"V"})
    dated = any(all(keys & set(found) for keys in parts) for parts in known)
    if not dated or len(set(found)) < len(found) or ("I" in found) != ("p" in found):
        raise ValueError(
            f"`format` is {pattern!r}, but it must say year, month and day, each once, as %d.%m.%Y "
            "does; correct it, or declare the column as category"
        )
