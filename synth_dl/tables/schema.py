"""What the columns of a table are, in words that a user can read, save, edit and pass back."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from synth_dl.errors import DataError
from synth_dl.writing import AtomicWriter

ColumnType = Literal["number", "category", "boolean", "datetime", "key", "constant", "empty"]
COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)

# What a column of each type is read as from a text file, unless something else is declared.
DEFAULT_DTYPES: dict[str, str] = {
    "number": "float64",
    "category": "str",
    "boolean": "bool",
    "datetime": "datetime64[us]",
    "key": "str",
    "constant": "str",
    "empty": "float64",
}


# What a key column may be declared to hold, so that its values are drawn realistically.
KINDS = (
    *("email", "name", "first_name", "last_name", "phone", "address", "street", "city", "postcode"),
    *("country", "company", "occupation", "url", "username", "iban", "ipv4", "ipv6"),
)
LOCALES = (
    *("ar-ae", "ar-dz", "ar-eg", "ar-jo", "ar-om", "ar-kw", "ar-ma", "ar-qa", "ar-sa", "ar-sy"),
    *("ar-tn", "ar-ye", "az", "cs", "da", "de", "de-at", "de-ch", "el", "en", "en-au", "en-ca"),
    *("en-gb", "es", "es-mx", "et", "fa", "fi", "fr", "hu", "hr", "is", "it", "ja", "kk", "ko"),
    *("nl", "nl-be", "no", "pl", "pt", "pt-br", "ru", "sk", "sv", "tr", "uk", "zh"),
)


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: as in the file.
        type: `number`, `category`, `boolean`, `datetime`, `key` (identifiers and free text, drawn
            fresh), `constant` (one value in every row) or `empty` (missing in every row).
        dtype: pandas dtype that samples get back, as `str(series.dtype)`.
        decimals: for numbers, digits after the point (0 for integers, negative for multiples of
            ten); None for continuous values. For dates, digits of the fraction of a second.
        ordered: for categories, whether `levels` is an order.
        levels: for categories, the categories in their order, where one is declared; None lets
            the codec find them.
        format: for dates in text files, the `strftime` pattern; `%-d` and its like are days,
            months and hours without a leading zero, a time zone stands in it as plain text.
        words: for booleans in text files, how true and false are written.
        missing: for text files, how a missing cell is written.
        places: for numbers in text files, the fewest digits that are written after the point.
        kind: for keys, one of `KINDS` whose values are drawn by Mimesis in place of patterns.
        locale: one of `LOCALES`, the language and country of these values.
    """

    name: str
    type: ColumnType
    dtype: str
    decimals: int | None = None
    ordered: bool = False
    levels: tuple[Any, ...] | None = None
    format: str | None = None
    words: tuple[str, str] | None = None
    missing: str = ""
    places: int = 0
    kind: str | None = None
    locale: str = "en"

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

    separator: str = ","
    decimal: str = "."


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in file order, and the dialect of the file they came from."""

    columns: tuple[Column, ...]
    dialect: Dialect = field(default_factory=Dialect)

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
        return state

    @classmethod
    def from_dict(cls, state: Any, source: str | Path = "the schema") -> "Schema":
        """The inverse of `to_dict`; a DataError names `source`, the column and the cure."""
        where = str(source)
        _check_keys(state, {"columns", "dialect"}, where)
        entries = state.get("columns")
        if not isinstance(entries, list) or not entries:
            raise DataError(f"{where}: `columns` must be a list with a name and a type for each")
        dialect = state.get("dialect") or {}
        _check_keys(dialect, {entry.name for entry in fields(Dialect)}, f"{where}: dialect")
        columns = tuple(_read_column(entry, where) for entry in entries)
        seen: set[str] = set()
        for column in columns:
            if column.name in seen:
                raise DataError(f"{where}: column {column.name!r} is listed twice; remove one")
            seen.add(column.name)
        return cls(columns=columns, dialect=Dialect(**dialect))

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
        try:
            state = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise DataError(f"{path}: there is no such schema file; check the path") from error
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: the schema cannot be read as a text file") from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f" near line {mark.line + 1}" if mark is not None else ""
            raise DataError(f"{path}: this is not valid YAML{place}; correct the file") from error
        return cls.from_dict(state, path)


def _plain(level: Any, name: str) -> Any:
    value = level.item() if hasattr(level, "item") else level
    if not isinstance(value, str | int | float | bool):
        raise DataError(
            f"column {name!r}: its categories are of type {type(value).__name__}; "
            "turn them into text, for example with .astype(str)"
        )
    return value


def _check_keys(state: Any, known: set[str], where: str) -> None:
    if not isinstance(state, Mapping):
        raise DataError(f"{where}: it must hold `name: value` entries: {', '.join(sorted(known))}")
    for key in state:
        if key not in known:
            raise DataError(f"{where}: unknown entry {key!r}; known are {', '.join(sorted(known))}")


def _read_column(entry: Any, source: str) -> Column:
    named = entry.get("name") if isinstance(entry, Mapping) else None
    if named is None or isinstance(named, bool):
        raise DataError(
            f"{source}: column {entry!r} needs a `name`, in quotes where YAML reads "
            "the word as true or false"
        )
    where = f"{source}: column {str(named)!r}"
    _check_keys(entry, {known.name for known in fields(Column)}, where)
    values = {key: value for key, value in entry.items() if value is not None}
    kind = values.get("type")
    if kind not in COLUMN_TYPES:
        raise DataError(f"{where}: unknown type {kind!r}; known are {', '.join(COLUMN_TYPES)}")
    values["name"] = str(named)
    values.setdefault("dtype", DEFAULT_DTYPES[kind])
    if "missing" in values:
        values["missing"] = str(values["missing"])
    for key in ("levels", "words"):
        if key in values:
            values[key] = _read_words(key, values[key], values["dtype"], where)
    _check_entries(values, where)
    return Column(**values)


def _read_words(key: str, words: Any, dtype: str, where: str) -> tuple[Any, ...]:
    if not isinstance(words, list) or (key == "words" and len(words) != 2):
        example = "[yes, no]" if key == "words" else "[low, middle, high]"
        raise DataError(f"{where}: `{key}` must be a list such as {example}")
    textual = key == "words" or dtype in ("str", "string")
    if textual and any(isinstance(word, bool) for word in words):
        raise DataError(
            f"{where}: put the {key} in quotes, since YAML reads a bare yes or no as true or false"
        )
    if len(set(words)) != len(words):
        raise DataError(f"{where}: `{key}` lists a value twice; remove one")
    return tuple(str(word) for word in words) if textual else tuple(words)


def _check_entries(values: dict[str, Any], where: str) -> None:
    owners = {
        "levels": ("category",),
        "ordered": ("category",),
        "words": ("boolean", "constant"),
        "format": ("datetime", "constant"),
        "kind": ("key",),
        "locale": ("key",),
    }
    kind = values["type"]
    for key, types in owners.items():
        if values.get(key) and kind not in types:
            raise DataError(f"{where}: `{key}` belongs to type {types[0]}, not {kind}; remove it")
    kinds = {"decimals": int, "places": int, "ordered": bool, "format": str, "dtype": str}
    kinds |= {"kind": str, "locale": str}
    for key, wanted in kinds.items():
        value = values.get(key, MISSING)
        if value is not MISSING and (
            not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))
        ):
            raise DataError(f"{where}: `{key}` must be of type {wanted.__name__}, not {value!r}")
    if values.get("ordered") and not values.get("levels") and values["dtype"] == "str":
        raise DataError(f"{where}: an ordered category needs its `levels`, from low to high")
    for key, known in (("kind", KINDS), ("locale", LOCALES)):
        if key in values and values[key] not in known:
            close = get_close_matches(values[key], known, n=1)
            cure = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise DataError(f"{where}: unknown {key} {values[key]!r}; {cure}")
    if "kind" in values and values["dtype"] not in ("str", "string", "object", "category"):
        raise DataError(f"{where}: a column with a `kind` holds text; remove its `dtype`")
