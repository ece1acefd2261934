"""The page of a report: what it says, and how it behaves in a browser."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.metrics.page import page
from synth_dl.metrics.page.page import report_page
from synth_dl.metrics.page.verdict import verdict_of
from synth_dl.metrics.report import Metric, Report
from synth_dl.tables.evaluation import evaluate
from synth_dl.tables.reading.typed import infer_schema
from synth_dl.tables.schema import Column, Schema

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
STYLE = (Path(page.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
# Runs beside a page of 400 pixels and says in the title of the outer one what it found.
PROBE = """<!doctype html><iframe id="f" width="400" height="800" srcdoc="{page}"></iframe><script>
document.getElementById("f").onload = (event) => {{
  const inner = event.target.contentDocument, root = inner.documentElement;
  const button = inner.querySelector("th button"), picker = inner.getElementById("picker");
  button.focus(); button.click();
  const focused = inner.activeElement === button;
  picker.value = "a"; picker.dispatchEvent(new Event("change"));
  const shown = [...inner.querySelectorAll("figure[data-column]")].filter((each) => !each.hidden);
  const drawn = (each) => each.querySelector("rect,circle") !== null;
  const charts = [...inner.querySelectorAll("svg")].every(drawn);
  const wide = root.scrollWidth > root.clientWidth;
  document.body.dataset.found = JSON.stringify({{ wide, focused, charts,
    sorted: button.closest("th").getAttribute("aria-sort"), shown: shown.length,
    loaded: event.target.contentWindow.performance.getEntriesByType("resource").length }});
}};</script>"""


def frame(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=rows)
    words = np.where(a + rng.normal(size=rows) > 0, "yes", "<b>no</b>")
    long = np.where(a > 1, "a word that is very long and has no end in sight " * 2, "short")
    return pd.DataFrame({"a": a, "answer": words, "a column of a rather long name": long})


@pytest.fixture(scope="module")
def report() -> Report:
    tables = [frame(300, seed) for seed in range(3)]
    more = {"schema": infer_schema(tables[0]), "holdout": tables[2], "target": "answer"}
    return evaluate(tables[0], tables[1].assign(a=lambda rows: rows["a"] + 2), **more)


def test_the_page_begins_with_a_verdict_in_words(report: Report) -> None:
    text = report_page(report, {})
    assert "Can be told from real rows" in text
    assert "No attack knew training rows from fresh ones" in text
    assert "contains information on the training data" in text
    assert "Too many rows where a above" in re.sub(r"\s+", " ", text)
    assert text.index("Verdict</h2>") < text.index("Figures</h2>")
    verdict = verdict_of(report)
    assert verdict.told == "clearly"
    assert verdict.columns[0][0] == "a"
    assert verdict.telling[0][0] == "a"
    for metric in report.metrics:
        assert metric.title in html.unescape(text)


def test_the_page_needs_nothing_else_and_is_small(report: Report) -> None:
    text = report_page(report, {})
    assert len(text) < 3_000_000
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", text)
    assert "@import" not in text
    assert "<b>no</b>" not in text
    assert "&lt;b&gt;no" in text


def test_a_copy_is_said_to_give_training_rows_away() -> None:
    real, holdout = frame(300, 0), frame(300, 1)
    report = evaluate(real, real, schema=infer_schema(real), holdout=holdout)
    assert "Gives training rows away" in report_page(report, {})
    assert "Too good to be drawn" in report_page(report, {})
    assert "Privacy could not be judged" in report_page(
        evaluate(real, real, schema=infer_schema(real)), {}
    )


def test_a_figure_lies_between_the_trivial_and_the_perfect_one() -> None:
    metric = Metric("a", "a", "", "%", "lower", synthetic=3.0, holdout=1.0, independent=5.0)
    assert page._skill(metric) == 0.5
    assert page._skill(replace(metric, better="higher")) is None
    assert page._skill(replace(metric, better="1")) == 0.5
    assert page._skill(replace(metric, better="as the holdout")) is None
    assert page._skill(replace(metric, holdout=None)) is None
    assert page._skill(replace(metric, synthetic=9.0)) == 0.0


@pytest.mark.parametrize("dark", [False, True])
def test_colours_of_text_have_the_contrast_of_aa(dark: bool) -> None:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    colours = dict(re.findall(r"--(\w+): #([0-9a-f]{6})", blocks[dark]))

    def luminance(name: str) -> float:
        parts = [int(colours[name][place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
                  for part in parts]  # fmt: skip
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for text in ("text", "soft", "good", "bad", "link"):
        for back in ("back", "card"):
            low, high = sorted((luminance(text), luminance(back)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, back)
    for mark in ("real", "synthetic"):
        low, high = sorted((luminance(mark), luminance("back")))
        assert (high + 0.05) / (low + 0.05) >= 3, mark


def test_the_page_in_a_browser(report: Report, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    place = tmp_path / "probe.html"
    place.write_text(PROBE.format(page=html.escape(report_page(report, {}))), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr"]
    command += ["--virtual-time-budget=10000", "--dump-dom", place.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r'data-found="(.*?)"', done.stdout)
    assert found is not None, done.stderr
    assert html.unescape(found[1]) == (
        '{"wide":false,"focused":true,"charts":true,"sorted":"ascending","shown":1,"loaded":0}'
    )
    assert "CONSOLE" not in done.stderr, done.stderr


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
    text = report_page(report, {})
    json.dumps(report.to_dict(), allow_nan=False)
    assert "Verdict" in text
    assert ">nan<" not in text
