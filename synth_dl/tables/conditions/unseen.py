"""What is said of a value that cannot be a condition."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from synth_dl.errors import ConfigError
from synth_dl.sampling.conditions import OPEN
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn, FixedColumn
from synth_dl.tables.codecs.columns import NumberColumn

LISTED = 20  # known values in a message


@contextmanager
def asked_by(option: str) -> Iterator[None]:
    """Errors about a condition name the option by which the user asked for it."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(str(error).replace("where:", f"{option}:", 1)) from error


def never_seen(codec: TableCodec, column: int, value: Any, option: str = "where") -> str:
    """Why a value cannot be a condition, and which ones can."""
    inner, name = codec.columns[column], codec.schema.names[column]
    known: list[Any] = [inner.value] if isinstance(inner, FixedColumn) else []
    if isinstance(inner, CategoryColumn | NumberColumn):
        known = inner.labels()
    missing = value is None or pd.isna(value)
    if isinstance(inner, NumberColumn) and not missing:
        known = sorted(known, key=lambda label: abs(getattr(label, "mid", label) - value))
    shown = [str(label) for label in known]
    close = difflib.get_close_matches(str(value), shown, n=1, cutoff=0.6)
    if value in OPEN:
        cure = "?missing says that a cell is missing"
    elif close and not isinstance(inner, NumberColumn):
        cure = f"did you mean {close[0]!r}?"
    else:
        more = ", ..." if len(shown) > LISTED else ""
        cure = f"known are {', '.join(shown[:LISTED])}{more}" if shown else "none of it was kept"
    return (
        f"{option}: '{'missing' if missing else value}' of column {name!r} was seen in fewer than "
        f"{codec.min_count} training rows (min_count) or never, so nothing is known of what goes "
        f"with it; {cure}"
    )
