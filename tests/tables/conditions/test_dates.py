"""Dates of conditions, as the table's file writes them and as ISO 8601 does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.cli import sample, train

# Each writes 3 September 2016 in a way of its own, and is read by it.
WAYS: dict[str, Callable[[pd.Timestamp], str]] = {
    "single digits": lambda day: f"{day.day}/{day:%m/%Y}",
    "two digits": lambda day: f"{day:%d.%m.%Y}",
    "names": lambda day: f"{day.day} {day:%b %Y}",
    "minutes": lambda day: f"{day.day}.{day.month}.{day:%Y %H:%M}",
}


@pytest.mark.parametrize("name", WAYS)
def test_dates_are_said_as_the_file_writes_them(name: str, folder: Path) -> None:
    rng = np.random.default_rng(0)
    days = [
        pd.Timestamp("2016-06-01") + pd.Timedelta(int(k), "D") for k in rng.integers(0, 200, 900)
    ]
    write = WAYS[name]
    pd.DataFrame({"day": list(map(write, days)), "x": rng.normal(size=900)}).to_csv(
        "t.csv", index=False
    )
    words = ["data=csv", "data.path=t.csv", "model=distributions", "run_dir=r", "assess=false"]
    assert train(words) == 0
    first, last = pd.Timestamp("2016-09-03"), pd.Timestamp("2016-10-31")
    common = ["artifact=r/artifact", "n=200", "overwrite=true"]
    drawn = {}
    for way, ends in (("own", (write(first), write(last))), ("iso", ("2016-09-03", "2016-10-31"))):
        assert sample([*common, f"where.day=[{ends[0]},{ends[1]}]", f"out={way}.csv"]) == 0
        drawn[way] = pd.read_csv(f"{way}.csv")
    allowed = {write(day) for day in pd.date_range(first, last)}
    assert set(drawn["own"]["day"]) <= allowed
    assert set(drawn["iso"]["day"]) <= allowed
    if name != "minutes":  # where an end without a time is that whole day
        pd.testing.assert_frame_equal(drawn["own"], drawn["iso"])
    assert sample([*common, f"where.day={write(first)}", "out=one.csv"]) == 0
    assert set(pd.read_csv("one.csv")["day"]) == {write(first)}
