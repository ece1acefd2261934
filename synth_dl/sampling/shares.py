"""Of which columns a user wants balanced classes, and in which shares.

`balance=income` and `balance=[sex,income]` ask for equal shares; `balance.income={"<=50K": 0.3,
">50K": 0.7}` says them. Column names and values may hold any character, so texts are parted only
when the names are known.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.sampling.columns import listed, unknown_column
from synth_dl.sampling.lists import unquoted

Shares = Mapping[Any, Fraction] | None  # of each value; None for equal ones

_EXAMPLE = '{"no": 0.3, "yes": 0.7}'
_SUM = Fraction(1, 10**6)  # how far shares may be from one, which floats cannot always meet
_PAIR = re.compile(
    r"""\s*(?:
        "(?P<double>(?:[^"]|"")*)"
      | '(?P<single>(?:[^']|'')*)'
      | (?P<plain>[^,]*?)
    )\s*:\s*(?P<share>[^,:]*?)\s*(?:,|$)""",
    re.VERBOSE | re.DOTALL,
)


def shares_of(option: str, asked: Any, names: Sequence[Any]) -> dict[Any, Shares]:
    """The columns whose values are the classes, each with the shares of these values.

    Args:
        option: for messages.
        asked: a column, a list of columns, or a mapping from columns to shares or None. A text of
            the command line may be `COLUMN={VALUE: SHARE, ...}`.
        names: that columns are called by.

    Raises:
        ConfigError: for an unknown column, one named twice, or shares that are none.
    """
    if isinstance(asked, Mapping) and asked:
        pairs = list(asked.items())
    else:
        pairs = [_parted(option, item, names) for item in listed(option, asked, names)]
    found: dict[Any, Shares] = {}
    for name, shares in pairs:
        if not isinstance(name, Hashable) or name not in names:
            raise ConfigError(unknown_column(str(name), [str(each) for each in names], option))
        if name in found:
            raise ConfigError(f"{option} names column '{name}' twice: leave one of the two out.")
        found[name] = None if shares is None else _checked(f"{option}.{name}", shares)
    return found


def _parted(option: str, item: Any, names: Sequence[Any]) -> tuple[Any, Any]:
    """A column and its shares, as text parted at the longest name that it begins with."""
    if not isinstance(item, str) or item in names or "=" not in item:
        return item, None
    fitting = [name for name in names if isinstance(name, str) and item.startswith(f"{name}=")]
    if not fitting:
        return item.partition("=")[0], None
    name = max(fitting, key=len)
    return name, _pairs(f"{option}.{name}", item[len(name) + 1 :])


def _pairs(option: str, text: str) -> dict[str, str]:
    """`VALUE: SHARE` pairs in braces, where a value may stand in quotes."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
    found: dict[str, str] = {}
    position = 0
    while position < len(inner):
        match = _PAIR.match(inner, position)
        if match is None:
            raise ConfigError(f"{option}={text}: write {{VALUE: SHARE, ...}}, such as {_EXAMPLE}")
        value = unquoted(match)
        if value in found:
            raise ConfigError(f"{option} names the value '{value}' twice: leave one of the two out")
        found[value] = match["share"]
        position = match.end()
    return found


def _checked(option: str, shares: Any) -> dict[Any, Fraction]:
    """Shares as exact fractions, which sum to one."""
    if not isinstance(shares, Mapping) or not shares:
        raise ConfigError(f"{option} says no shares; give them by value, such as {_EXAMPLE}")
    found = {value: _fraction(option, value, share) for value, share in shares.items()}
    total = sum(found.values(), Fraction(0))
    if abs(total - 1) > _SUM:
        raise ConfigError(
            f"{option}: the shares sum to {float(total):.6g} and not to 1; correct them (a third "
            "can be written as 1/3)"
        )
    return {value: share / total for value, share in found.items()}


def _fraction(option: str, value: Any, share: Any) -> Fraction:
    text = str(share).strip()
    try:
        found = Fraction(text if "/" in text else repr(float(text)))
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if found < 0 or isinstance(share, bool):
        raise ConfigError(
            f"{option}: {str(share)!r} is no share of '{value}'; give a number from 0 to 1, such "
            "as 0.5 or 1/3"
        )
    return found
