"""What an expression may call, and nothing else: each with the kinds it takes and gives."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, ndtr

from synth_dl.recipes.values import NUMERIC, Kind, Texts

DAY = 86_400.0  # seconds


class Function(NamedTuple):
    """A function of an expression.

    Attributes:
        kinds: of its arguments, each a choice; the last one serves all further ones.
        least: number of arguments.
        most: number of arguments.
        result: kind of its value, from the kinds of the arguments.
        call: on values.
    """

    kinds: tuple[tuple[Kind, ...], ...]
    least: int
    most: int
    result: Callable[[Sequence[Kind]], Kind]
    call: Callable[..., Any]


def _number(function: Callable[..., Any]) -> Function:
    return Function((NUMERIC,), 1, 1, lambda kinds: "number", function)


def _of_moment(function: Callable[..., Any]) -> Function:
    return Function((("moment",),), 1, 1, lambda kinds: "whole", function)


def _of_text(function: Callable[[Any], Any]) -> Function:
    call = lambda texts: texts.change(function)  # noqa: E731
    return Function((("text",),), 1, 1, lambda kinds: "text", call)


def _same(kinds: Sequence[Kind]) -> Kind:
    return kinds[0]


def common(kinds: Sequence[Kind]) -> Kind:
    """One kind for all of these; whole numbers are numbers."""
    return kinds[0] if len(set(kinds)) == 1 else "number"


def choose(condition: Any, one: Any, other: Any) -> Any:
    """One value where a condition holds, the other elsewhere."""
    if not isinstance(one, Texts):
        return np.where(condition, one, other)
    rows = max(map(len, (condition, one, other)))
    words = one.words.to_pylist() + other.words.to_pylist()
    shift = np.where(other.codes < 0, -1, other.codes + len(one.words))
    codes = np.where(condition, np.broadcast_to(one.codes, rows), np.broadcast_to(shift, rows))
    return Texts(codes, pa.array(words, pa.string()))


def rounded(values: Any, decimals: Any = None) -> Any:
    """To so many decimals, tens or hundreds where they are below zero; halves to the even."""
    places = int(np.ravel(decimals)[0]) if decimals is not None else 0
    if places <= 0:
        step = 10.0**-places
        return np.rint(values / step) * step
    return np.rint(values * 10.0**places) / 10.0**places


def _calendar(unit: str) -> Callable[[Any], Any]:
    def part(seconds: Any) -> Any:
        days = np.where(np.isfinite(seconds), np.floor(seconds / DAY), 0).astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        found = {
            "year": lambda: days.astype("datetime64[Y]").astype(float) + 1970,
            "month": lambda: months.astype(float) % 12 + 1,
            "day": lambda: (days - months).astype(float) + 1,
            "weekday": lambda: (days.astype(float) + 3) % 7,
        }[unit]()
        return np.where(np.isfinite(seconds), found, np.nan)

    return part


FUNCTIONS: dict[str, Function] = {
    "where": Function(
        (("truth",), ("number", "whole", "truth", "moment", "text")), 3, 3,
        lambda kinds: common(kinds[1:]), choose,
    ),
    "round": Function((NUMERIC, ("whole",)), 1, 2, lambda kinds: "number", rounded),
    "min": Function(((*NUMERIC, "moment"),), 2, 20, common,
                    lambda *values: np.minimum.reduce(np.broadcast_arrays(*values))),
    "max": Function(((*NUMERIC, "moment"),), 2, 20, common,
                    lambda *values: np.maximum.reduce(np.broadcast_arrays(*values))),
    "abs": Function((NUMERIC,), 1, 1, _same, np.abs),
    "sign": Function((NUMERIC,), 1, 1, lambda kinds: "whole", np.sign),
    "floor": Function((NUMERIC,), 1, 1, lambda kinds: "whole", np.floor),
    "ceil": Function((NUMERIC,), 1, 1, lambda kinds: "whole", np.ceil),
    "log": _number(np.log), "log1p": _number(np.log1p), "log2": _number(np.log2),
    "log10": _number(np.log10), "exp": _number(np.exp), "expm1": _number(np.expm1),
    "sqrt": _number(np.sqrt), "sin": _number(np.sin), "cos": _number(np.cos),
    "tanh": _number(np.tanh), "logistic": _number(expit), "normal_cdf": _number(ndtr),
    "year": _of_moment(_calendar("year")), "month": _of_moment(_calendar("month")),
    "day": _of_moment(_calendar("day")), "weekday": _of_moment(_calendar("weekday")),
    "hour": _of_moment(lambda seconds: np.floor(seconds / 3600) % 24),
    "days": Function((("moment",),), 2, 2, lambda kinds: "number",
                     lambda later, earlier: (later - earlier) / DAY),
    "lower": _of_text(pc.utf8_lower), "upper": _of_text(pc.utf8_upper),
    "title": _of_text(pc.utf8_title), "strip": _of_text(pc.utf8_trim_whitespace),
    "length": Function((("text",),), 1, 1, lambda kinds: "whole",
                       lambda texts: _lengths(texts)),
}  # fmt: skip


def _lengths(texts: Texts) -> Any:
    lengths = pc.utf8_length(texts.words).to_numpy(zero_copy_only=False).astype(float)
    return np.append(lengths, np.nan)[texts.codes]
