"""Columns of dates and times between two ends, with profiles over week, day and year."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.recipes.distributions.base import Distribution
from synth_dl.recipes.distributions.derived import Rounded
from synth_dl.recipes.distributions.piecewise import Piecewise
from synth_dl.recipes.functions import DAY
from synth_dl.recipes.models import Model
from synth_dl.recipes.parameters import Parameter
from synth_dl.recipes.reading import Entry
from synth_dl.recipes.values import Kind, Values

_STEPS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": DAY}
_MOST_DAYS = 200_000


class MomentModel(Model):
    """Dates or moments between two ends.

    Args:
        entry: where they stand.
        distribution: of the seconds, where both ends are known.
    """

    kind: Kind = "moment"

    def __init__(self, entry: Entry, distribution: Distribution) -> None:
        super().__init__(entry)
        self._distribution = distribution

    @property
    def parameters(self) -> Sequence[Parameter]:
        return ()

    def _build(self, values: Values) -> Distribution:
        return self._distribution


def moment_model(entry: Entry, entries: dict[str, Entry]) -> MomentModel:
    """The column that these entries describe.

    Dates are whole days unless an end has a time, or there are `hours` or a `resolution`.
    """
    if "quantiles" in entries:
        return _quantiles(entry, entries)
    if unknown := [n for n in entries if n not in MOMENT]:
        entries[unknown[0]].refuse(f"unknown entry {unknown[0]!r} beside dates in `between`; known "
                                   f"are {', '.join(MOMENT)}")  # fmt: skip
    ends = entries["between"].items()
    if len(ends) != 2 or not all(isinstance(end.value, pd.Timestamp) for end in ends):
        entries["between"].refuse("`between` takes two dates, such as [2019-01-01, 2024-12-31]")
    first, last = (end.value for end in ends)
    timed = any(end.value != end.value.normalize() for end in ends)
    step = _step(entries, "second" if timed or "hours" in entries else "day")
    low = first.timestamp()
    # Both ends can be drawn.
    high = last.timestamp() + (DAY if not timed else step)
    if high <= low:
        entries["between"].refuse("`between` ends before it begins; give the earlier date first")
    if (high - low) / DAY > _MOST_DAYS:
        entries["between"].refuse("the dates lie too far apart; give some within 500 years")
    weights = {name: _profile(entries[name], size) if name in entries else np.ones(size)
               for name, size in (("weekdays", 7), ("hours", 24), ("months", 12))}  # fmt: skip
    edges, shares = _cells(low, high, weights, hourly="hours" in entries or timed)
    if not shares.sum() > 0:
        entries["between"].refuse("no moment between the ends has a weight above 0; widen them or "
                                  "the profile")  # fmt: skip
    return MomentModel(entry, Rounded(Piecewise(edges, shares), step, down=True))


MOMENT = ("between", "weekdays", "hours", "months", "resolution")


def is_moment(entries: dict[str, Entry]) -> bool:
    """Whether `between` or `quantiles` has dates."""
    told = [entries[name].value for name in ("between", "quantiles") if name in entries]
    return any(isinstance(e.value, pd.Timestamp) for ends in told if isinstance(ends, list)
               for e in ends)  # fmt: skip


def _quantiles(entry: Entry, entries: dict[str, Entry]) -> MomentModel:
    """Moments spread evenly between quantiles; those that stand more than once are one step."""
    for name, other in entries.items():
        if name not in ("quantiles", "resolution"):
            other.refuse(f"unknown entry {str(name)!r} beside dates in `quantiles`; known is "
                         "resolution")  # fmt: skip
    told = entries["quantiles"]
    moments = [each.value for each in told.items("dates from the earliest to the latest")]
    if len(moments) < 2 or not all(isinstance(moment, pd.Timestamp) for moment in moments):
        told.refuse("quantiles of time are two dates or more")
    timed = any(moment != moment.normalize() for moment in moments)
    step = _step(entries, "second" if timed else "day")
    seconds = np.array([moment.timestamp() for moment in moments])
    if (np.diff(seconds) < 0).any():
        told.refuse("quantiles must each be at least the one before; put the dates in order")
    ends = np.where(np.diff(seconds) > 0, seconds[1:], seconds[1:] + step)
    edges = np.unique(np.concatenate([seconds, ends]))
    share = np.clip((edges - seconds[:-1, None]) / (ends - seconds[:-1])[:, None], 0, 1)
    return MomentModel(
        entry, Rounded(Piecewise(edges, np.diff(share.sum(axis=0))), step, down=True)
    )


def _step(entries: dict[str, Entry], usual: str) -> float:
    """Seconds between two values."""
    if "resolution" in entries:
        usual = entries["resolution"].choice(list(_STEPS), "resolution")
    return _STEPS[usual]


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
    days = np.floor(starts / DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(int) % 12
    weekday = ((np.floor(starts / DAY) + 3) % 7).astype(int)
    shares = weights["weekdays"][weekday] * weights["months"][months]
    if hourly:
        shares = shares * weights["hours"][(starts / 3600 % 24).astype(int)]
    edges = np.append(starts, starts[-1] + size).clip(low, high)
    return edges, shares * np.diff(edges)
