"""Which rows of a sample are asked for."""

import re
from collections.abc import Mapping
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Seed, Whole, check


def check_rows(n: Any, rows: tuple[int, int] | None) -> tuple[int, int]:
    """First row and the row after the last, of a sample of n rows.

    Raises:
        ConfigError: if n is below 1 or the part lies outside the n rows.
    """
    count = check_count("n", n)
    if rows is None:
        return 0, count
    try:
        start, stop = (int(row) for row in rows)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"rows={rows}: give a first row and the row after the last") from error
    if not 0 <= start < stop <= count:
        raise ConfigError(
            f"rows={start}:{stop}: give a first row and the row after the last, within 0:{count}"
        )
    return start, stop


def count_asked(
    n: Any, facts: Mapping[str, Any], given: int | None = None, said: str = "", part: bool = False
) -> Any:
    """How many records are asked for.

    Args:
        n: what the user says; if None, as many as are given, were trained on, or 1,000.
        facts: of the training.
        given: records to complete.
        said: how many they are, for a message.
        part: whether n may be less than they are.

    Raises:
        ConfigError: if n does not fit the given records.
    """
    if given is None:
        return int(facts.get("rows", 1000)) if n is None else n
    if n is not None and (check_count("n", n) > given if part else n != given):
        raise ConfigError(f"n={n}, but {said}; leave n out")
    return given if n is None else n


def check_count(name: str, value: Any) -> int:
    """A whole number from 1 on, or a ConfigError that names the option."""
    check(name, value, Whole)
    return int(value)


def check_seed(seed: Any) -> int:
    """A whole number, or a ConfigError."""
    check("seed", seed, Seed)
    return int(seed)


def parse_rows(text: str | None) -> tuple[int, int] | None:
    """The two numbers of `0:50000`.

    Raises:
        ConfigError: if the text is anything else.
    """
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", str(text))
    if found is None:
        raise ConfigError(f"rows={text}: write a part as FIRST:LAST, such as 0:50000")
    return int(found.group(1)), int(found.group(2))
