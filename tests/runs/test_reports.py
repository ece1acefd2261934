"""Reports and plain files side by side: the table, the plane, and what cannot be compared."""

import csv
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsing import EVERYWHERE, browse, faults

from synth_dl.cli import compare
from synth_dl.metrics.figures import Assessment, Figure
from synth_dl.metrics.report import Metric
from synth_dl.metrics.standing import Candidate, standing


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def metrics(shape: float, auc: float, attack: float) -> dict[str, Metric]:
    found = [
        Metric("shape_error", "shape error", "Of columns.", "%", "lower", shape),
        Metric("two_sample_auc_fresh", "two-sample", "Told apart.", "AUC", "0.5", auc),
        Metric("membership_auc", "membership", "Found.", "AUC", "0.5", attack, 0.5),
        Metric("copies", "copies <b>", "Equal.", "%", "as the holdout", shape, 2.0),
    ]
    return {metric.name: metric for metric in found}


def report(place: str, *values: float, columns: str = "ab", rows: int = 9) -> None:
    """A folder with a report, as far as a comparison looks at it."""
    Path(place).mkdir(parents=True)
    state: dict[str, Any] = {
        "written_by": "synth_dl",
        "metrics": {name: asdict(metric) for name, metric in metrics(*values).items()},
        "columns": {name: {} for name in columns},
        "rows": {"real": rows},
    }
    Path(place, "metrics.json").write_text(json.dumps(state), encoding="utf-8")


# Sorts the reports by the shape error, and by their names the other way round.
SORTED = """
const buttons = all("th button");
const names = () => all("thead th[data-value]").map((each) => each.dataset.value);
const shapes = () => all("td", buttons[2].closest("tr")).map((each) => each.textContent.trim());
buttons[2].click(); found.by_shape = [names(), shapes()];
buttons[0].click(); buttons[0].click(); found.by_name = [names(), shapes()];
found.circles = all("circle").length;
"""


def run() -> None:
    """A run folder, as far as a comparison looks at it."""
    Path("run").mkdir()
    Path("run", "run.json").write_text("{}", encoding="utf-8")
    times = (Figure("sampling_seconds", "sampling", "s", "lower", 0.5),)
    found = Assessment("trees", "anes96", "table", 0, "exact", 800, {}, times, 1.0)
    Path("run", "assessment.json").write_text(json.dumps(found.to_dict()), encoding="utf-8")


@pytest.fixture
def three() -> None:
    report("good", 1.0, 0.52, 0.50)
    report("leaky", 3.0, 0.50, 0.70)
    report("poor", 2.0, 0.90, 0.45)  # attacks worse than chance are no better than chance


def test_reports_are_sorted_and_dominated_ones_are_named(
    three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(["poor", "leaky/metrics.json", "good"]) == 0
    shown = capsys.readouterr().out
    head = next(line for line in shown.splitlines() if line.split()[:1] == ["figure"])
    assert head.split() == ["figure", "leaky/metrics.json", "good", "poor", "better"]
    assert "dominated in two_sample_auc_fresh, membership_auc and seconds: poor." in shown
    found = json.loads(Path("comparison/comparison.json").read_text(encoding="utf-8"))
    assert found["sorted_by"] == "two_sample_auc_fresh"
    assert [each["dominated"] for each in found["reports"]] == [False, False, True]
    with Path("comparison/comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["shape_error"] for row in rows] == ["3.0", "1.0", "2.0"]
    page = Path("comparison/comparison.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<circle class="synthetic"', page)) == 2
    assert len(re.findall(r'<circle class="dominated"', page)) == 1
    assert "copies &lt;b&gt;" in page
    assert not re.search(r"(src|href)=.http", page)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("shape_error", ["good", "poor", "leaky"]),
        ("membership_auc", ["good", "poor", "leaky"]),
        ("copies", ["poor", "leaky", "good"]),
        ("name", ["good", "leaky", "poor"]),
    ],
)
def test_any_figure_sorts(sort: str, order: list[str], three: None) -> None:
    assert compare(["leaky", "poor", "good", f"sort={sort}", "overwrite=true"]) == 0
    found = json.loads(Path("comparison/comparison.json").read_text(encoding="utf-8"))
    assert [each["report"] for each in found["reports"]] == order


def test_time_counts_where_runs_tell_it(three: None) -> None:
    def candidate(name: str, seconds: float | None) -> Candidate:
        return Candidate(name, name, metrics(1.0, 0.5, 0.5), seconds, {})

    found = standing([candidate("slow", 9.0), candidate("fast", 1.0), candidate("other", None)])
    assert [found.dominated(each) for each in found.candidates] == [True, False, False]
    run()
    report("run/report", 1.0, 0.52, 0.5)
    assert compare(["run", "good"]) == 0
    rows = json.loads(Path("comparison/comparison.json").read_text(encoding="utf-8"))["reports"]
    assert [each["seconds"] for each in rows] == [0.5, None]


def test_plain_files_are_judged_beside_the_real_rows(capsys: pytest.CaptureFixture[str]) -> None:
    for seed, name in enumerate(("real", "ours", "theirs")):
        generator = np.random.default_rng(seed)
        rows = pd.DataFrame({"x": generator.normal(size=120), "y": generator.normal(size=120)})
        rows.round(2).to_csv(f"{name}.csv", index=False)
    assert compare(["ours.csv", "theirs.csv"]) == 2
    assert "add --real FILE" in capsys.readouterr().err
    assert compare(["ours.csv", "theirs.csv", "real=real.csv", "--sort", "trend_error"]) == 0
    shown = capsys.readouterr().out
    assert "judging ours.csv" in shown
    assert "trend error" in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["good", "none"], "there is no 'none'"),
        (["good", "run"], "'run' has no report"),
        (["good", "empty"], "'empty' has no report"),
        (["good", "damaged"], "'damaged/metrics.json' is no report, or it is damaged"),
        (["good", "text"], "'text/metrics.json' is no report, or it is damaged"),
        (["good", "other"], "other columns"),
        (["good", "sort=shape"], "sort=shape: no report has such a figure; did you mean shape_e"),
        (["good", "real=x.csv"], "--real is for files of synthetic rows"),
        (["run", "sort=shape_error"], "--sort is for reports and files: leave it out for runs"),
        (["good", "seed=x"], "argument --seed: invalid int value"),
    ],
)
def test_what_cannot_be_compared(
    words: list[str], sentence: str, three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    Path("empty").mkdir()
    report("other", 1.0, 0.5, 0.5, columns="xyz")
    for name, content in (("damaged", '{"metrics": {"a": 1}}'), ("text", "no")):
        Path(name).mkdir()
        Path(name, "metrics.json").write_text(content, encoding="utf-8")
    assert compare(words) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not Path("comparison").exists()


def test_older_comparisons_and_files_of_others(
    three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(["good", "poor"]) == 0
    assert compare(["good", "leaky"]) == 2
    assert "it exists already; add overwrite=true" in capsys.readouterr().err
    assert compare(["good", "leaky", "overwrite=true"]) == 0
    Path("comparison/comparison.html").write_text("mine", encoding="utf-8")
    assert compare(["good", "leaky", "overwrite=true"]) == 2
    assert "not known to come from synth_dl" in capsys.readouterr().err


def test_reports_on_other_numbers_of_rows_say_so(
    three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    report("larger", 1.0, 0.5, 0.5, rows=99)
    assert compare(["good", "larger"]) == 0
    assert "The reports rest on 9 and 99 real rows" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("more", [0, 6])
def test_the_page_in_a_browser(three: None, folder: Path, more: int) -> None:
    others = [f"a report of a rather long name {place}" for place in range(more)]
    for place, name in enumerate(others):
        report(name, 4.0 + place, 0.52, 0.5)  # in one place of the plane
    assert compare(["good", "leaky", "poor", *others]) == 0
    page = Path("comparison/comparison.html").read_text(encoding="utf-8")
    found = browse(page, EVERYWHERE + SORTED, folder)
    assert faults(found) == {}, found
    assert found["circles"] == 3 + more
    order, shapes = found["by_shape"]
    assert order[:3] == ["good", "poor", "leaky"]
    assert shapes[:3] == ["1.00", "2.00", "3.00"]
    assert found["by_name"][0] == sorted(order, reverse=True)
    assert found["by_name"][1][0] == "2.00"
    heights = re.findall(r'<text x="[\d.]+" y="([\d.]+)"[^>]*>[^<]*(?:good|rather)', page)
    assert len(set(heights)) == 1 + more


def test_the_page_says_which_ones_are_dominated(three: None) -> None:
    assert compare(["good", "leaky", "poor"]) == 0
    page = Path("comparison/comparison.html").read_text(encoding="utf-8")
    words = " ".join(re.sub("<[^>]*>", " ", page[page.index("Verdict") :]).split())
    assert "none beats leaky , good ." in words
    assert "intervals overlap: poor." in words
    assert "Best in two-sample: leaky." in words
