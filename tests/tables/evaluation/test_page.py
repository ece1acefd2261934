"""The page of a report: what it says, and how it behaves in a browser."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from browsing import EVERYWHERE, browse, faults, printed

from synth_dl.cli.evaluating import _with_origin
from synth_dl.metrics.page import page
from synth_dl.metrics.page.page import Placed, placed, report_page
from synth_dl.metrics.page.verdict import verdict_of
from synth_dl.metrics.report import Metric, Report
from synth_dl.metrics.writing import as_json
from synth_dl.tables.evaluation import evaluate
from synth_dl.tables.reading.typed import infer_schema
from synth_dl.tables.schema import Column, Schema

STYLE = (Path(page.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")


def frame(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=rows)
    words = np.where(a + rng.normal(size=rows) > 0, "yes", "<b>no</b>")
    long = np.where(a > 1, "a word that is very long and has no end in sight " * 2, "short")
    return pd.DataFrame({"a": a, "answer": words, "a column of a rather long name": long})


# Sorts the first table twice.
SORTED = """
const button = all("th button")[1], table = button.closest("table");
const values = () => all("tbody td:nth-child(2)", table).map((each) => Number(each.dataset.value));
const order = () => button.closest("th").getAttribute("aria-sort");
button.click(); const up = values(), first = order(); button.click();
found.sorted = [first, order()];
found.reversed = up.every((each, place) => !place || up[place - 1] <= each)
  && values().join() === up.reverse().join();
"""
# What the picker shows of some words.
PICKED = """
const picker = page.getElementById("picker");
const shown = (word) => { picker.value = word; picker.dispatchEvent(new Event("input"));
  return all("figure[data-column]:not([hidden])").map((each) => each.dataset.column); };
found.shown = { a: shown("a"), "": shown("").length, NAME: shown("NAME"), zzz: shown("zzz") };
"""
MANY = """
const figures = () => all("figure[data-column]:not([hidden])");
const picker = page.getElementById("picker"), amount = page.getElementById("amount");
const change = (each, value, name) => { each.value = value; each.dispatchEvent(new Event(name)); };
found.worst = figures()[0].dataset.column;
found.drawn = [figures().length];
change(amount, "100", "change"); found.drawn.push(figures().length);
change(picker, "column 5,", "input"); found.drawn.push(figures().length);
found.said = page.getElementById("picked").textContent;
const cell = all("svg[data-names] .mark[data-y='99'][data-x='0']")[0];
cell.tabIndex = 0; cell.focus(); found.pair = tip();
"""


def widened(report: Report, count: int) -> Report:
    """The same with so many columns, each as its first one but differing more and more."""
    name = next(iter(report.facts["columns"]))
    names = [f"column {place}" for place in range(count)]
    chart = next(each for each in report.charts["columns"] if each["name"] == name)
    charts = [{**chart, "name": each, "beyond": place} for place, each in enumerate(names)]
    pairs = {"names": names, "errors": [[1.0] * count] * count, "most": 1.0}
    facts = {
        each: dict.fromkeys(names, report.facts[each][name])
        for each in ("columns", "column_tests", "utility_of_columns")
    }
    return replace(
        report,
        facts={**report.facts, **facts},
        charts={"columns": charts, "pairs": pairs},
    )


@pytest.fixture(scope="module")
def report() -> Report:
    tables = [frame(300, seed) for seed in range(3)]
    more = {"schema": infer_schema(tables[0]), "holdout": tables[2], "target": "answer"}
    return evaluate(tables[0], tables[1].assign(a=lambda rows: rows["a"] + 2), **more)


def test_the_page_begins_with_a_verdict_in_words(report: Report) -> None:
    text = report_page(report)
    assert "Can be told from real rows" in text
    assert "No attack knew training rows from fresh ones" in text
    assert "contains information on the training data" in text
    assert "Too many rows where a above" in re.sub(r"\s+", " ", text)
    assert text.index(">Verdict</h2>") < text.index("<nav") < text.index(">Fidelity: ")
    verdict = verdict_of(report)
    assert verdict.told == "clearly"
    assert verdict.columns[0][0] == "a"
    assert verdict.telling[0][0] == "a"
    for metric in report.metrics:
        assert metric.title in html.unescape(text)


def test_the_page_needs_nothing_else_and_is_small(report: Report) -> None:
    text = report_page(report)
    assert len(text) < 3_000_000
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", text)
    assert "@import" not in text
    assert "<b>no</b>" not in text
    assert "&lt;b&gt;no" in text


def test_a_copy_is_said_to_give_training_rows_away() -> None:
    real, holdout = frame(300, 0), frame(300, 1)
    report = evaluate(real, real, schema=infer_schema(real), holdout=holdout)
    assert "Gives training rows away" in report_page(report)
    assert "Too good to be drawn" in report_page(report)
    without = evaluate(real, real, schema=infer_schema(real))
    assert "Privacy could not be judged" in report_page(without)


def test_a_figure_lies_between_the_trivial_and_the_perfect_one() -> None:
    metric = Metric("a", "a", "", "%", "lower", synthetic=3.0, holdout=1.0, independent=5.0)
    assert placed(metric) == Placed(0.5, None, None)
    assert placed(replace(metric, better="higher")) is None
    assert placed(replace(metric, better="1")) == Placed(0.5, None, None)
    assert placed(replace(metric, better="as the holdout")) is None
    assert placed(replace(metric, holdout=None)) is None
    assert placed(replace(metric, synthetic=9.0)) == Placed(0.0, None, None)


@pytest.mark.parametrize(
    ("better", "value", "error", "ends"),
    [
        ("lower", 3.0, 0.5, (0.255, 0.745)),
        ("lower", 1.0, 1.0, (0.51, 1.0)),  # no further than perfect
        ("1", 1.5, 0.5, (0.63, 1.0)),  # the best value lies within
        ("1", 3.0, 0.25, (0.3775, 0.6225)),
    ],
)
def test_the_interval_of_a_figure_is_drawn(
    better: str, value: float, error: float, ends: tuple[float, float]
) -> None:
    metric = Metric("a", "a", "", "%", better, synthetic=value, holdout=1.0, independent=5.0)
    found = placed(replace(metric, standard_error=error))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(ends)


def test_sections_hold_the_figures_that_belong_there(report: Report) -> None:
    text = report_page(report)
    parts = re.split(r'<section id="(\w+)"', text)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    assert list(sections) == [
        "fidelity",
        "utility",
        "privacy",
        "provenance",
        "reading",
        "definitions",
    ]
    for section, name in (("fidelity", "shape_error"), ("fidelity", "beta_recall"),
                          ("utility", "efficiency"), ("utility", "effective_rows"),
                          ("privacy", "membership_auc"), ("privacy", "nearer_train_share"),
                          ("privacy", "exact_copies")):  # fmt: skip
        assert f'href="#about-{name}"' in sections[section], name
        assert f'id="about-{name}"' in sections["definitions"], name
    assert re.findall(r'<li><a href="#(\w+)"', text) == list(sections)


def test_real_rows_that_are_told_apart_themselves_excuse_the_synthetic_ones() -> None:
    def told(auc: float, of_real: float | None) -> str | None:
        metric = Metric("two_sample_auc_fresh", "", "", "AUC", "0.5", auc, of_real)
        return verdict_of(Report("", "", (metric,), {}, 0, 0.0, (), {})).told

    assert [told(0.55, None), told(0.7, 0.4), told(0.8, 0.5)] == ["hardly", "partly", "clearly"]
    assert told(0.8, 0.75) == "hardly"


def test_nearer_to_training_rows_is_held_against_what_chance_gives() -> None:
    def accused(share: float, trivial: float) -> bool:
        metric = Metric("nearer_train_images", "", "", "%", "50", share, 50.0, trivial,
                        standard_error=1.0)  # fmt: skip
        return verdict_of(Report("", "", (metric,), {}, 0, 0.0, (), {})).nearer_than_chance

    assert accused(60.0, 50.0)
    assert not accused(52.0, 50.0)
    assert not accused(60.0, 58.0)  # the parts differ, so that any generator is nearer


def test_what_models_learn_decides_what_it_is_good_for(report: Report) -> None:
    def uses(*metrics: Metric) -> list[str]:
        known = (*(each for each in report.metrics if each.name != "effective_rows"), *metrics)
        text = report_page(replace(report, metrics=known))
        parts = text[text.index("Good for<") : text.index("Does it give")].split("Not for<")
        return [" ".join(re.sub("<[^>]*>", " ", part).split()) for part in parts]

    def worth(rows: float) -> Metric:
        return Metric("effective_rows", "", "", "rows", "higher", rows, 1000.0)

    def trained(percent: float) -> Metric:
        return Metric("accuracy_of_trained", "", "", "%", "higher", percent, 90.0, 10.0)

    assert "training models: to predict “answer”, they are worth 600 real" in uses(worth(600))[0]
    assert "training models in place of the real rows: to pred" in uses(worth(300))[1]
    assert "training models at all: to predict “answer”, they are wor" in uses(worth(30))[1]
    assert "training models: a classifier that learnt from them is right" in uses(trained(85))[0]
    assert "training models in place of the real rows: a classifier" in uses(trained(60))[1]


def test_figures_are_said_in_plain_words(report: Report) -> None:
    environment = page.templates()
    known = environment.get_template("words.jinja").module.plain
    told = [metric for metric in report.metrics if not metric.name.startswith("efficiency_")]
    lacking = [each.name for each in told if each.name.split("_isolated")[0] not in known]
    assert lacking == []


@pytest.mark.parametrize(
    ("origin", "sentence"),
    [
        ({"file": "a.csv", "label": {"place": "a.csv.json beside it", "mode": "hybrid",
                                     "privacy": "no formal guarantee", "seed": 4}},
         "a.csv is marked as synthetic, says a.csv.json beside it. Some records are real"),
        ({"file": "a.csv", "label": None}, "Nothing in a.csv or beside it says how it was made"),
        ({"artifact": {"path": "model", "sha256": "c0ffee"}}, "were drawn from the model"),
        ({}, "came without word on how they were made"),
    ],
)  # fmt: skip
def test_the_page_says_where_the_rows_came_from(
    report: Report, origin: dict[str, Any], sentence: str
) -> None:
    facts = {**report.facts, "origin": {"versions": {"torch": "2.13"}, **origin}}
    text = report_page(replace(report, facts=facts))
    words = " ".join(re.sub("<[^>]*>", " ", text).split())
    assert sentence in words
    assert "versions of this report torch 2.13" in words
    assert ("seed of the draw 4" in words) is ("hybrid" in str(origin))


def test_a_label_of_anybody_has_its_place_on_the_page(report: Report, tmp_path: Path) -> None:
    label = {"synthetic": True, "mode": ["full"], "seed": float("nan"), "privacy": {"a": [1]},
             "place": 3, "note": "\ud800 <script>", "versions": "x" * 9_000_000}  # fmt: skip
    table = pa.table({"a": [1]}).replace_schema_metadata({"synth_dl": json.dumps(label)})
    pq.write_table(table, tmp_path / "made.parquet")
    found = _with_origin(report, tmp_path / "made.parquet", None)
    as_json(found.to_dict())
    text = report_page(found)
    assert len(text.encode()) < 3_000_000
    assert "made.parquet is marked as synthetic, says its Parquet metadata" in text
    assert "note ? &lt;script&gt;" in text


@pytest.mark.parametrize("dark", [False, True])
def test_colours_of_marks_stand_out(dark: bool) -> None:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    colours = dict(re.findall(r"--(\w+): #([0-9a-f]{6})", blocks[dark]))

    def luminance(name: str) -> float:
        parts = [int(colours[name][place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
                  for part in parts]  # fmt: skip
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for mark in ("real", "synthetic"):
        for back in ("back", "card"):
            low, high = sorted((luminance(mark), luminance(back)))
            assert (high + 0.05) / (low + 0.05) >= 3, (mark, back)


def test_the_page_in_a_browser(report: Report, tmp_path: Path) -> None:
    found = browse(report_page(report), EVERYWHERE + SORTED + PICKED, tmp_path)
    assert faults(found) == {}, found
    assert found["speaking"] > 20
    assert found["sorted"] == ["ascending", "descending"]
    assert found["reversed"]
    assert found["shown"] == {
        "a": ["a"],
        "": 3,
        "NAME": ["a column of a rather long name"],
        "zzz": [],
    }


def test_a_page_of_a_hundred_columns_draws_a_few_of_them(report: Report, tmp_path: Path) -> None:
    page = report_page(widened(report, 100))
    assert len(page.encode()) < 3_000_000
    found = browse(page, EVERYWHERE + MANY, tmp_path)
    assert faults(found) == {}, found
    assert found["drawn"] == [12, 100, 11]
    assert found["worst"] == "column 99"
    assert found["said"] == "11 of 100 columns"
    assert found["pair"] == "column 99 and column 0: 1.00 %"


def test_the_page_prints_on_a4(report: Report, tmp_path: Path) -> None:
    paper = printed(report_page(report), tmp_path)
    boxes = set(re.findall(rb"/MediaBox \[([^]]*)\]", paper))
    assert [[round(float(each)) for each in box.split()] for box in boxes] == [[0, 0, 595, 842]]
    assert 2 <= len(re.findall(rb"/Type /Page\b(?!s)", paper)) < 20


def odd_tables() -> dict[str, list[pd.DataFrame]]:
    constant = pd.DataFrame({"a": [1.0] * 60, "b": ["x"] * 60})
    plain = [frame(60, seed) for seed in range(3)]
    strange = plain[1].assign(answer="a category that no real row has")
    return {
        "all constant": [constant] * 3,
        "two rows": [each.head(2) for each in plain],
        "a new category": [plain[0], strange, plain[2]],
        "one class in the holdout": [*plain[:2], plain[2].assign(answer="yes")],
        "missing throughout": [plain[0], plain[1].assign(a=np.nan), plain[2]],
    }


@pytest.mark.parametrize("name", list(odd_tables()))
def test_odd_tables_have_a_page_too(name: str) -> None:
    real, made, holdout = odd_tables()[name]
    schema = Schema(tuple(
        Column(column, "number" if column == "a" else "category", "object") for column in real
    ))  # fmt: skip
    target = "answer" if "answer" in real and name != "two rows" else None
    report = evaluate(real, made, schema=schema, holdout=holdout, target=target)
    text = report_page(report)
    json.dumps(report.to_dict(), allow_nan=False)
    assert "Verdict" in text
    assert ">nan<" not in text
