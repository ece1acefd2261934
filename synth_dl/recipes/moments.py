"""Columns of dates and times between two ends, with profiles over week, day and year."""

from typing import Any

import numpy as np
import pandas as pd

from synth_dl.recipes.distributions.derived import Rounded
from synth_dl.recipes.distributions.piecewise import Piecewise
from synth_dl.recipes.functions import DAY
from synth_dl.recipes.models import MomentModel
from synth_dl.recipes.reading import Entry

_STEPS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": DAY}
_MOST_DAYS = 200_000


def moment_model(entry: Entry, entries: dict[str, Entry]) -> MomentModel:
    """The column that these entries describe.

    Dates are whole days unless an end has a time, or there are `hours` or a `resolution`.
    """
    if unknown := [n for n in entries if n not in MOMENT]:
        entries[unknown[0]].refuse(f"unknown entry {unknown[0]!r} beside dates in `between`; known "
                                   f"are {', '.join(MOMENT)}")  # fmt: skip
    ends = entries["between"].items()
    if len(ends) != 2 or not all(isinstance(end.value, pd.Timestamp) for end in ends):
        entries["between"].refuse("`between` takes two dates, such as [2019-01-01, 2024-12-31]")
    first, last = (end.value for end in ends)
    timed = any(end.value != end.value.normalize() for end in ends)
    resolution = "second" if timed or "hours" in entries else "day"
    if "resolution" in entries:
        resolution = entries["resolution"].choice(list(_STEPS), "resolution")
    step = _STEPS[resolution]
    low = first.timestamp()
    # Both ends can be drawn.
    high = last.timestamp() + (DAY if not timed else step)
    if high <= low:
        entries["between"].refuse("`between` ends before it begins; give the earlier date first")
    weights = {name: _profile(entries[name], size) if name in entries else np.ones(size)
               for name, size in (("weekdays", 7), ("hours", 24), ("months", 12))}  # fmt: skip
    edges, shares = _cells(low, high, weights, hourly="hours" in entries or timed)
    if not shares.sum() > 0:
        entries["between"].refuse("no moment between the ends has a weight above 0; widen them or "
                                  "the profile")  # fmt: skip
    return MomentModel(entry, Rounded(Piecewise(edges, shares), step, down=True))


MOMENT = ("between", "weekdays", "hours", "months", "resolution")


def is_moment(entries: dict[str, Entry]) -> bool:
    """Whether `between` has dates."""
    ends = entries["between"].value if "between" in entries else None
    return isinstance(ends, list) and any(isinstance(e.value, pd.Timestamp) for e in ends)


def _profile(entry: Entry, size: int) -> Any:
    weights = entry.items(f"{size} weights")
    if len(weights) != size:
        entry.refuse(f"a profile has {size} weights, not {len(weights)}")
    return np.array([each.number(0, what="a weight from 0 on") for each in weights])


def _cells(low: float, high: float, weights: dict[str, Any], hourly: bool) -> tuple[Any, Any]:
    """Edges and weights of the hours or days between two ends, in seconds."""
    size = 3600.0 if hourly else DAY
    start = np.floor(low / size)
    starts = (start + np.arange(np.ceil(high / size) - start)) * size
    if (high - low) / DAY > _MOST_DAYS:
        raise ValueError("dates lie too far apart")
    days = np.floor(starts / DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(int) % 12
    weekday = ((np.floor(starts / DAY) + 3) % 7).astype(int)
    shares = weights["weekdays"][weekday] * weights["months"][months]
    if hourly:
        shares = shares * weights["hours"][(starts / 3600 % 24).astype(int)]
    edges = np.append(starts, starts[-1] + size).clip(low, high)
    return edges, shares * np.diff(edges)
