"""Columns of categories, truth values and dates as entries of a recipe."""

from typing import Any

import numpy as np
import pandas as pd

from synth_dl.recipes.fitting.ends import short
from synth_dl.recipes.fitting.quantiles import smoothed_quantiles

Entry = dict[str, Any]
DAY = 86_400.0
# Weeks that a profile needs, and p-values below which dates are not even over time.
WEEKS, UNEVEN = 8, 0.01


def fit_categories(values: pd.Series, min_count: int) -> tuple[Entry, str]:
    """Weights of the categories that at least `min_count` rows share, and a note.

    Args:
        values: the present cells; those of an ordered category keep their order.
        min_count: rows that a category has at least.
    """
    counts = values.value_counts()
    common: Any = counts[counts >= min_count]
    if not len(common):
        return {"sequence": 1}, f"no value is shared by {min_count} rows; the rows are numbered"
    ordered = isinstance(values.dtype, pd.CategoricalDtype) and bool(values.cat.ordered)
    if ordered:
        common = common.reindex([c for c in values.cat.categories if c in common.index])
    shares = common / common.sum()
    weights = {plain(key): short(share) for key, share in shares.items()}
    rare = int(counts[counts > 0].size - common.size)
    note = f"{len(common)} categories" + (f"; {rare} rare ones left out" if rare else "")
    return {"values": weights, **({"ordered": True} if ordered else {})}, note


def fit_truth(values: pd.Series, min_count: int) -> tuple[Entry, str]:
    """The share of true cells; 0 or 1 where fewer than `min_count` rows differ."""
    true = int(values.astype(bool).sum())
    share = true / max(len(values), 1)
    if min(true, len(values) - true) < min_count:
        share = float(round(share))
    return {"boolean": short(share)}, "share of true"


def fit_moments(values: pd.Series, min_count: int) -> tuple[Entry, str]:
    """Dates between two ends with profiles over week and day, or quantiles of time.

    Args:
        values: the present cells, datetimes.
        min_count: rows that each told value rests on.
    """
    moments = pd.to_datetime(values)
    if getattr(moments.dt, "tz", None) is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    seconds = np.sort(moments.to_numpy("datetime64[us]").astype(np.int64) / 1e6)
    daily = bool(np.all(seconds % DAY == 0))
    if len(seconds) < 4 * min_count:
        middle = _date(float(np.mean(seconds)))
        return {"between": [middle, middle]}, "too few rows; the middle of the dates"
    low, high = _date(seconds[min_count - 1]), _date(seconds[len(seconds) - min_count])
    profiles: Entry = {}
    if (high - low).days >= 7 * WEEKS:
        profiles["weekdays"] = _profile(moments.dt.day_of_week.to_numpy(), 7, min_count)
    if not daily:
        profiles["hours"] = _profile(moments.dt.hour.to_numpy(), 24, min_count)
    if _even(seconds, low, high, profiles.get("weekdays")):
        kept = {key: value for key, value in profiles.items() if len(set(value)) > 1}
        if not daily:
            kept.setdefault("hours", [1] * 24)
        return {"between": [low, high], **kept}, "even between the ends, by profile"
    spread = seconds + (np.random.default_rng(0).random(len(seconds)) * DAY if daily else 0)
    quantiles = smoothed_quantiles(np.sort(spread), min_count)
    unit = "D" if daily else "s"
    told = [pd.Timestamp(value, unit="s").floor(unit) for value in quantiles.tolist()]
    entry: Entry = {"quantiles": told}
    return entry | ({} if daily else {"resolution": "second"}), "quantiles of time"


def plain(value: Any) -> Any:
    """A category as a recipe names it: text, number or truth value."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, str | int | float | bool) else str(value)


def _date(seconds: float) -> pd.Timestamp:
    found: Any = pd.Timestamp(seconds, unit="s")
    return found.normalize()


def _profile(places: Any, size: int, min_count: int) -> list[float]:
    """Weights relative to the mean; of places with fewer than `min_count` rows 0."""
    counts = np.bincount(places, minlength=size).astype(np.float64)
    counts[counts < min_count] = 0.0
    even = size * counts.sum() and np.abs(counts / counts.mean() - 1).max() < 4 / np.sqrt(
        counts.mean()
    )
    return [1.0] * size if even else [short(c) for c in (counts / counts.mean()).round(3).tolist()]


def _even(
    seconds: Any, low: pd.Timestamp, high: pd.Timestamp, weekdays: list[float] | None
) -> bool:
    """Whether days between the ends are as frequent as their weekdays let expect."""
    days = np.floor(seconds / DAY).astype(np.int64)
    first, last = (int(end.timestamp() // DAY) for end in (low, high))
    all_days = np.arange(first, last + 1)
    weights = np.ones(len(all_days))
    if weekdays is not None:
        weights = np.asarray(weekdays)[(all_days + 3) % 7]
    if not weights.sum() > 0:
        return False
    expected = np.cumsum(weights) / weights.sum()
    inside = days[(days >= first) & (days <= last)]
    found = np.searchsorted(np.sort(inside), all_days, side="right") / len(inside)
    distance = float(np.abs(expected - found).max())
    # The Kolmogorov distance that even dates exceed once in a hundred times.
    return distance < np.sqrt(-np.log(UNEVEN / 2) / (2 * len(inside)))
