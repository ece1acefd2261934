"""Reports in the TensorBoard logs of their run."""

from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from synth_dl.metrics.report import Metric, Report
from synth_dl.runs.board import log_report


def report(*metrics: Metric) -> Report:
    return Report("", "", metrics, {}, 0, 0.0, (), {})


def scalars(folder: Path) -> dict[str, list[float]]:
    events = EventAccumulator(str(folder))
    events.Reload()
    tags: Any = events.Tags()
    return {tag: [each.value for each in events.Scalars(tag)] for tag in tags["scalars"]}


def test_a_later_report_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    logs = tmp_path / "tensorboard"
    logs.mkdir()
    other = logs / "events.out.tfevents.1.training"
    other.write_bytes(b"")
    first = Metric("shape_error", "", "", "%", "lower", 3.0, 1.0, 5.0)
    gone = Metric("efficiency", "", "", "AUC", "higher", 0.75)
    untold = Metric("missing_error", "", "", "%", "lower")
    assert log_report(report(first, gone, untold), tmp_path) in set(logs.iterdir())
    assert scalars(logs) == {
        "report/shape_error": [3.0],
        "report_holdout/shape_error": [1.0],
        "report_trivial/shape_error": [5.0],
        "report/efficiency": [0.75],
    }
    later = Metric("shape_error", "", "", "%", "lower", 2.0)
    file = log_report(report(later), tmp_path)
    assert set(logs.iterdir()) == {other, file}
    assert scalars(logs) == {"report/shape_error": [2.0]}


@pytest.mark.parametrize("file", [False, True])
def test_a_run_without_logs_gets_none(tmp_path: Path, file: bool) -> None:
    if file:
        (tmp_path / "tensorboard").write_text("no folder", encoding="utf-8")
    before = set(tmp_path.rglob("*"))
    assert log_report(report(), tmp_path) is None
    assert set(tmp_path.rglob("*")) == before
