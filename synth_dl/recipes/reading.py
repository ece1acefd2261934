"""The text of a recipe as entries that know their line, so that what is said of them names it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any, NoReturn, Self

import numpy as np
import pandas as pd
import yaml

from synth_dl.errors import DataError

_DEEPEST = 40
_MOST = 200_000  # names and values in a file
_WHOLE = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_REAL = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d?:\d\d(:\d\d(\.\d+)?)?)?")
_PLAIN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
          "null": None, "Null": None, "NULL": None, "~": None, "": None}  # fmt: skip


def nearest(name: object, known: Sequence[object]) -> str:
    """What to say of a name that is not among those that are known."""
    words = [str(each) for each in known]
    close = get_close_matches(str(name), words, n=1)
    folded = {word.lower(): word for word in reversed(words)}
    if not close and (like := get_close_matches(str(name).lower(), [*folded], n=1)):
        close = [folded[like[0]]]
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(words[:20]) + (", …" if len(words) > 20 else "")
    return f"known are {shown}" if words else "there are none"


class Name(str):
    """A name as it is written: a column may be called `1` or `true`.

    Attributes:
        value: the number, truth value, date or text that it is where values are listed.
    """

    value: Any

    @classmethod
    def of(cls, text: str, value: Any) -> Self:
        name = cls(text)
        name.value = value
        return name


@dataclass(frozen=True)
class Entry:
    """One entry of a recipe: a plain value, a list of entries, or entries by name.

    Attributes:
        value: the plain value, list or dictionary; its keys are `Name`s where they were read.
        source: the file, for messages.
        line: in the file, from 1; None where the recipe came as data.
        trail: the names that lead to it.
        written: the plain value as it is written.
    """

    value: Any
    source: str
    line: int | None = None
    trail: tuple[str, ...] = ()
    written: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        line = f", line {self.line}" if self.line is not None else ""
        return f"{self.source}{line}" + (f" ({'.'.join(self.trail)})" if self.trail else "")

    def refuse(self, sentence: str) -> NoReturn:
        """Raise a DataError that says where."""
        raise DataError(f"{self.place}: {sentence}")

    def entries(self, *known: str, what: str = "entries by name") -> dict[Any, "Entry"]:
        """The entries by name; a DataError for other names than these, if any are given."""
        if not isinstance(self.value, dict):
            self.refuse(f"this must be {what}, such as `name: value`, not {self.shown}")
        if known:
            for name, entry in self.value.items():
                if name not in known:
                    entry.refuse(f"unknown entry {str(name)!r}; {nearest(name, known)}")
        return self.value

    def items(self, what: str = "a list") -> list["Entry"]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            self.refuse(f"this must be {what}, such as [1, 2], not {self.shown}")
        return self.value

    def number(self, low: float = -np.inf, high: float = np.inf, what: str = "a number") -> float:
        """A finite number within bounds."""
        value = self.value
        real = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        if not real or not low <= value <= high:
            self.refuse(f"this must be {what}, not {self.shown}")
        return value

    def whole(self, low: int, high: int, what: str) -> int:
        """A whole number within bounds."""
        if self.number(low, high, what) != int(self.value):
            self.refuse(f"this must be {what}, not {self.shown}")
        return int(self.value)

    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.refuse(f"this must be true or false, not {self.shown}")
        return self.value

    def text(self, what: str = "a text") -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.refuse(f"this must be {what}, not {self.shown}")
        return self.value

    def name(self, what: str = "the name of a column") -> str:
        """A name, as it is written: it may look like a number or a truth value."""
        if isinstance(self.value, dict | list) or self.value is None:
            self.refuse(f"this must be {what}, not {self.shown}")
        return self.written

    def choice(self, known: Sequence[str], what: str) -> str:
        """One of these texts."""
        if self.value not in known:
            self.refuse(f"there is no {what} {self.shown}; {nearest(self.value, known)}")
        return self.value

    @property
    def shown(self) -> str:
        """The value in a few characters."""
        if isinstance(self.value, dict | list):
            return "entries by name" if isinstance(self.value, dict) else "a list"
        text = "nothing" if self.value is None else repr(self.value)
        text = str(self.value) if isinstance(self.value, pd.Timestamp) else text
        return text if len(text) <= 60 else f"{text[:57]}…"

    def plain(self) -> Any:
        """The data that it holds, without places."""
        if isinstance(self.value, dict):
            return {name.value: entry.plain() for name, entry in self.value.items()}
        if isinstance(self.value, list):
            return [entry.plain() for entry in self.value]
        return self.value


def read_text(text: str, source: str) -> Entry:
    """The entries of a YAML text.

    Only `true` and `false` are truth values, and a date is a date; `no`, `on` and `007` are text.

    Raises:
        DataError: for what is no YAML, tags, references to other entries, names that stand twice,
            and entries that lie too deep in others.
    """
    depth = count = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            count += isinstance(event, yaml.ScalarEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            place = f"{source}, line {event.start_mark.line + 1}"
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                raise DataError(f"{place}: an entry refers to another; write it out")
            if getattr(event, "tag", None) is not None:
                tag = event.tag.replace("tag:yaml.org,2002:", "!!")
                raise DataError(f"{place}: a recipe has no tags such as {tag}; give the plain value"
                                )  # fmt: skip
            if count > _MOST:
                raise DataError(f"{place}: there are more than {_MOST:,} names and values so far; "
                                "draw long lists by a distribution or a pattern")  # fmt: skip
            if depth > _DEEPEST:
                raise DataError(f"{place}: entries lie too deep in one another; write them apart")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        reason = getattr(error, "problem", None) or "a character that no text has"
        raise DataError(f"{source}{line}: this is not valid YAML ({reason}); correct it"
                        ) from error  # fmt: skip
    if node is None:
        raise DataError(f"{source}: the recipe is empty; give its `columns`")
    return _entry(node, source, node.start_mark.line + 1, ())


def _entry(node: yaml.Node, source: str, line: int, trail: tuple[str, ...]) -> Entry:
    if isinstance(node, yaml.SequenceNode):
        items = [_entry(each, source, each.start_mark.line + 1, trail) for each in node.value]
        return Entry(items, source, line, trail)
    if not isinstance(node, yaml.MappingNode):
        return Entry(_scalar(node, source, line), source, line, trail, node.value)
    found: dict[Name, Entry] = {}
    for key, value in node.value:
        place = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise DataError(f"{source}, line {place}: a name must be a text or a number, no list")
        name = Name.of(key.value, _scalar(key, source, place))
        _check_new(name, found, f"{source}, line {place}")
        found[name] = _entry(value, source, place, (*trail, name))
    return Entry(found, source, line, trail)


def _check_new(name: Name, found: Mapping[Name, Entry], place: str) -> None:
    """Refuse a name that stands among these, or means the same number: `1` and `1.0`."""
    same = (each for each in found if each.value == name.value
            and isinstance(each.value, bool) == isinstance(name.value, bool))  # fmt: skip
    if name in found or (not isinstance(name.value, str) and any(same)):
        raise DataError(f"{place}: {str(name)!r} stands here twice; remove or rename one")


def _scalar(node: Any, source: str, line: int) -> Any:
    text = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf"))
    if _MOMENT.fullmatch(text):
        try:
            return pd.Timestamp(text)
        except ValueError as error:
            raise DataError(f"{source}, line {line}: no calendar has {text}; correct the date, or "
                            "quote it if it is a text") from error  # fmt: skip
    return text


def read_data(value: Any, source: str, trail: tuple[str, ...] = ()) -> Entry:
    """The entries of plain data, such as a dictionary of dictionaries.

    Raises:
        DataError: for values that no recipe holds, and what lies too deep in others.
    """
    if len(trail) > _DEEPEST:
        raise DataError(f"{source}: entries lie too deep in one another; write them apart")
    if isinstance(value, Mapping):
        items: dict[Name, Entry] = {}
        for key, each in value.items():
            plain = _plain(key, source, trail)
            name = Name.of(_written(plain), plain)
            _check_new(name, items, Entry(None, source, None, trail).place)
            items[name] = read_data(each, source, (*trail, name))
        return Entry(items, source, None, trail)
    if isinstance(value, list | tuple | np.ndarray):
        return Entry([read_data(each, source, (*trail, "")) if isinstance(each, list | tuple)
                      else read_data(each, source, trail) for each in value],
                     source, None, trail)  # fmt: skip
    plain = _plain(value, source, trail)
    return Entry(plain, source, None, trail, _written(plain))


def _written(value: Any) -> str:
    """A plain value as YAML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, pd.Timestamp):
        return str(value.date() if value == value.normalize() else value)
    return "null" if value is None else str(value)


def _plain(value: Any, source: str, trail: tuple[str, ...]) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, date | datetime):
        return pd.Timestamp(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    Entry(value, source, None, trail).refuse(
        f"a recipe holds numbers, texts, dates, lists and names, not {type(value).__name__}"
    )
