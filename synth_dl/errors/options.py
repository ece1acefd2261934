"""Refusals of options that are out of range, in one sentence each."""

import math
from numbers import Integral, Real
from typing import Any

from synth_dl.errors import ConfigError


def check_whole(option: str, value: Any, least: int = 1) -> None:
    """Refuse anything but a whole number from `least` on, by a ConfigError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise ConfigError(f"{option}={value}: it must be a whole number from {least} on")


def check_share(option: str, value: Any, below: bool = False) -> None:
    """Refuse anything but a number from 0 to 1, without the 1 if `below`, by a ConfigError."""
    if not _number(value) or not 0 <= value <= 1 or (below and value == 1):
        limits = "from 0 to below 1" if below else "from 0 to 1"
        raise ConfigError(f"{option}={value}: it must be a number {limits}")


def check_positive(option: str, value: Any, zero: bool = False, infinite: bool = False) -> None:
    """Refuse anything but a number above 0, or from 0 on if `zero`, by a ConfigError.

    Infinity is refused too, unless `infinite`.
    """
    good = _number(value) and (value > 0 or (zero and value == 0))
    if not good or (math.isinf(value) and not infinite):
        limits = "from 0 on" if zero else "above 0"
        raise ConfigError(f"{option}={value}: it must be a number {limits}")


def check_switch(option: str, value: Any) -> None:
    """Refuse anything but true and false, by a ConfigError."""
    if not isinstance(value, bool):
        raise ConfigError(f"{option}={value}: it must be true or false")


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
