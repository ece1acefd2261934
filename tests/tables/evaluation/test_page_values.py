"""Dates and numbers on the page of a report stand there as a reader writes them."""

import re

import numpy as np
import pandas as pd

from synth_dl.metrics.page.page import report_page
from synth_dl.tables.evaluation import evaluate
from synth_dl.tables.schema import Column, Schema


def visits(rows: int, seed: int, shift: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    day = rng.integers(0, 700, rows)
    hour = rng.integers(0, 20_000, rows)
    return pd.DataFrame({
        "day": pd.Timestamp("2021-05-01") + pd.to_timedelta(day + shift, unit="D"),
        "hour": pd.Timestamp("2024-02-29") + pd.to_timedelta(hour, unit="s"),
        "account": 100_000 + 5 * day,
    })  # fmt: skip


def test_dates_and_long_numbers_are_readable_everywhere() -> None:
    schema = Schema((Column("day", "datetime", "datetime64[us]"),
                     Column("hour", "datetime", "datetime64[us]"),
                     Column("account", "number", "int64")))  # fmt: skip
    real, made, holdout = (visits(400, seed, 400 * (seed == 1)) for seed in range(3))
    report = evaluate(real, made, schema=schema, holdout=holdout, target="day")
    text = report_page(report)
    assert not re.search(r"\de\+\d\d", text)
    assert re.search(r"says 20\d\d-\d\d-\d\d, holds 20\d\d-\d\d-\d\d", text)
    verdict = text.partition('id="fidelity"')[0]
    assert re.search(r"where (day|account) (above|up to) (20\d\d-\d\d-\d\d|\d{6})\b", verdict)
    for chart in report.charts["columns"]:
        labels = [label for label in chart["labels"] if label != "missing"]
        assert len(set(labels)) == len(labels), chart["name"]
