"""Which rows of a sample are asked for."""

import re

from synth_dl.errors import ConfigError


def check_rows(n: int, rows: tuple[int, int] | None) -> tuple[int, int]:
    """First row and the row after the last, of a sample of n rows.

    Raises:
        ConfigError: if n is below 1 or the part lies outside the n rows.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ConfigError(f"n={n}: the number of rows must be a whole number from 1 on")
    if rows is None:
        return 0, n
    start, stop = rows
    if not 0 <= start < stop <= n:
        raise ConfigError(
            f"rows={start}:{stop}: give a first row and the row after the last, within 0:{n}"
        )
    return start, stop


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
