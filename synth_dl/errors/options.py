"""Ranges of options: declared once, as the types of a constructor's arguments, and held there.

    class Dense:
        @checked("network")
        def __init__(self, width: Size = 512, dropout: ShareBelow = 0.0) -> None:

A value outside is refused in one sentence, by the constructor and by whoever reads a config before
anything is built.
"""

import re
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, ParamSpec, Union, get_args, get_origin

from msgspec import Meta, ValidationError, convert

from synth_dl.errors import ConfigError

FINITE = sys.float_info.max
P = ParamSpec("P")
_HALF = re.compile("[\ud800-\udfff]")
_UNKNOWN = re.compile(r"^\?\?\?$|\$\{")
_CHOICES: dict[Any, tuple[Any, ...]] = {NoneType: (None,), bool: (True, False)}

Seed = Annotated[int, Meta(description="a whole number")]
Whole = Annotated[int, Meta(ge=1, description="a whole number from 1 on")]
Count = Annotated[int, Meta(ge=0, description="a whole number from 0 on")]
# Of a layer; more is a mistake, and would take all the memory.
Size = Annotated[int, Meta(ge=1, le=65_536, description="a whole number from 1 on, 65,536 at most")]
Depth = Annotated[int, Meta(ge=0, le=1000, description="a whole number from 0 on, 1,000 at most")]
Layers = Annotated[int, Meta(ge=1, le=1000, description="a whole number from 1 on, 1,000 at most")]
Members = Annotated[int, Meta(ge=1, le=64, description="a whole number from 1 on, 64 at most")]
Share = Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")]
ShareBelow = Annotated[float, Meta(ge=0, lt=1, description="a number from 0 to below 1")]
Part = Annotated[float, Meta(gt=0, lt=1, description="a share between 0 and 1")]
Positive = Annotated[float, Meta(gt=0, le=FINITE, description="a number above 0")]
OfBatches = (
    Annotated[int, Meta(ge=1, description="a number of batches from 1 on")]
    | Annotated[float, Meta(gt=0, le=1, description="a share of them such as 0.5")]
)
Limit = Annotated[float, Meta(gt=0, description="a number above 0")]  # infinity is none
Weight = Annotated[float, Meta(ge=0, le=FINITE, description="a number from 0 on")]


def check(option: str, value: Any, kind: Any) -> None:
    """Refuse a value that a declared type does not allow; types without a range allow anything.

    Raises:
        ConfigError: naming the option and what it may be.
    """
    if not (allowed := _allowed(kind)):
        return
    try:
        convert(value.item() if type(value).__module__ == "numpy" else value, kind)
    except (ValidationError, ValueError) as error:
        raise ConfigError(f"{option}={value}: {allowed}") from error


def check_text(said: str, text: str) -> None:
    """Refuse a text that no file can hold, as it is with bytes of another encoding than UTF-8.

    Raises:
        ConfigError: beginning with what is `said`.
    """
    if _HALF.search(text):
        raise ConfigError(f"{said}: this holds bytes that are no UTF-8 (half of a character); "
                          "write it in UTF-8, and rename a file that is called so.")  # fmt: skip


def check_arguments(
    group: str, called: Callable[..., Any], arguments: Mapping[str, Any], unset: bool = False
) -> None:
    """`check` for each argument of a function or a class that declares a range, and `check_text`.

    Args:
        group: stands before the names of the options.
        called: whose arguments they are.
        arguments: by name; others than it declares are passed over.
        unset: whether a value may be open, missing or a reference, as in a config.
    """
    declared = signature(called).parameters
    for name in arguments.keys() & declared.keys():
        value = arguments[name]
        for text in value if isinstance(value, list | tuple) else (value,):
            if isinstance(text, str):
                check_text(f"{group}.{name}={text}", text)
        if not unset or not (value is None or (isinstance(value, str) and _UNKNOWN.search(value))):
            check(f"{group}.{name}", value, declared[name].annotation)


def checked(group: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """For a constructor: its arguments are held against their declared ranges.

    Args:
        group: stands before the names of the options in what is said of them.
    """

    def around(init: Callable[P, None]) -> Callable[P, None]:
        @wraps(init)
        def checking(*values: P.args, **options: P.kwargs) -> None:
            check_arguments(group, init, signature(init).bind(*values, **options).arguments)
            init(*values, **options)

        return checking

    return around


def _allowed(kind: Any) -> str:
    """What a type allows, in words; nothing where it has no range."""
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if any(get_origin(part) is Literal for part in parts):
        choices = [each for part in reversed(parts) for each in _CHOICES.get(part, get_args(part))]
        return f"choose {', '.join(map(str, choices))}"
    said = [_in_words(part) for part in parts if part is not NoneType]
    return f"it must be {' or '.join(said)}" if all(said) else ""


def _in_words(kind: Any) -> str:
    if kind is bool:
        return "true or false"
    marks = kind.__metadata__ if get_origin(kind) is Annotated else ()
    return next((str(mark.description) for mark in marks if isinstance(mark, Meta)), "")
