"""Measurements of seeds for a process of its own, which loads this file and nothing with it."""

from typing import Any


def of_seed(setting: Any) -> dict[str, Any]:
    """A figure that tells the seed."""
    return {"figure": 10 + setting.seed}


def fails(setting: Any) -> dict[str, Any]:
    """A measurement that must not be made."""
    raise AssertionError(f"seed {setting.seed} was measured again")
