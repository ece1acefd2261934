"""Expressions: what Python would compute, row by row, and nothing that reaches Python."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_dl.errors import DataError
from synth_dl.recipes import Recipe
from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.reading import Entry
from synth_dl.recipes.values import Kind, Texts

KINDS: dict[str, Kind] = {"a": "number", "b": "whole", "t": "truth", "s": "text", "d": "moment",
                          "loan amount": "number"}  # fmt: skip
A, B = np.array([0.5, -2.0, 3.25, 10.0]), np.array([3.0, 0.0, -7.0, 12.0])
WORDS = ["north", "south", "north", "east"]
DAYS = list(map(pd.Timestamp, ["2024-02-29", "2019-12-31", "2023-07-01", "1969-12-30 18:30"]))
VALUES = {
    "a": A, "b": B, "t": np.array([True, False, True, False]), "loan amount": A * 100,
    "s": Texts.of(pa.array(WORDS)),
    "d": np.array([day.timestamp() for day in DAYS]),
}  # fmt: skip


def compute(text: str) -> Any:
    """[4] or [1] the value of an expression of these columns."""
    expression = Expression(Entry(text, "the recipe"))
    expression.resolve(KINDS)
    found = expression(VALUES)
    return found.array().to_pylist() if isinstance(found, Texts) else found.tolist()


NUMBERS = st.deferred(lambda: st.one_of(
    st.sampled_from(["a", "b", "`loan amount`"]),
    st.integers(-20, 20).map(str), st.floats(-9, 9).map(lambda x: repr(round(x, 3))),
    st.tuples(NUMBERS, st.sampled_from("+-*"), NUMBERS).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
    st.tuples(st.sampled_from(["abs", "floor", "ceil", "sign"]), NUMBERS).map(
        lambda p: f"{p[0]}({p[1]})"),
    st.tuples(st.sampled_from(["min", "max"]), NUMBERS, NUMBERS).map(
        lambda p: f"{p[0]}({p[1]}, {p[2]})"),
    st.tuples(TRUTHS, NUMBERS, NUMBERS).map(lambda p: f"where({p[0]}, {p[1]}, {p[2]})"),
    st.tuples(TRUTHS, NUMBERS, NUMBERS).map(lambda p: f"({p[1]} if {p[0]} else {p[2]})"),
    NUMBERS.map(lambda inner: f"-({inner})"),
))  # fmt: skip
TRUTHS = st.deferred(lambda: st.one_of(
    st.just("t"), st.sampled_from(["s == 'north'", "s != 'east'", "s in ('south', 'east')",
                                   "s not in ['north']", "b in (3, -7)"]),
    st.tuples(NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS).map(" ".join),
    st.tuples(TRUTHS, st.sampled_from(["and", "or"]), TRUTHS).map(
        lambda p: f"({p[0]} {p[1]} {p[2]})"),
    TRUTHS.map(lambda inner: f"(not {inner})"),
))  # fmt: skip
PYTHON = {"abs": abs, "floor": math.floor, "ceil": math.ceil, "min": min, "max": max,
          "sign": lambda x: (x > 0) - (x < 0), "where": lambda c, x, y: x if c else y}  # fmt: skip


@given(st.one_of(NUMBERS, TRUTHS))
@settings(max_examples=150, deadline=None)
def test_an_expression_gives_what_python_gives_row_by_row(text: str) -> None:
    try:
        found = np.broadcast_to(compute(text), 4)
    except DataError as error:
        if "lie too deep" in str(error) or "at most" in str(error):
            return
        raise
    for row in range(4):
        names = {"a": float(A[row]), "b": float(B[row]), "t": bool(VALUES["t"][row]),
                 "s": WORDS[row], "loan": float(A[row]) * 100}  # fmt: skip
        expected = eval(text.replace("`loan amount`", "loan"), dict(PYTHON), names)
        assert found[row] == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


EXAMPLES = [
    ("round(min(a * 300, 1000), -2)", [200.0, -600.0, 1000.0, 1000.0]),
    ("round(a)", [0.0, -2.0, 3.0, 10.0]),
    ("round(a / 3, 2)", [0.17, -0.67, 1.08, 3.33]),
    ("7 // 2 + 7 % 4 + 2 ** 3", [14.0]),
    ("1 < a <= 3.25", [False, False, True, False]),
    ("exp(log(sqrt(4)))", [pytest.approx(2.0)]),
    ("s + '-' + b", ["north-3", "south-0", "north--7", "east-12"]),
    ("upper(s) + a", ["NORTH0.5", "SOUTH-2", "NORTH3.25", "EAST10"]),
    ("text(b) + text(a)", ["30.5", "0-2", "-73.25", "1210"]),
    ("title(s)", ["North", "South", "North", "East"]),
    ("length(s)", [5.0, 5.0, 5.0, 4.0]),
    ("where(t, s, 'none')", ["north", "none", "north", "none"]),
    ("s if a > 0 else 'low'", ["north", "low", "north", "east"]),
    ("year(d)", [2024.0, 2019.0, 2023.0, 1969.0]),
    ("month(d)", [2.0, 12.0, 7.0, 12.0]),
    ("day(d)", [29.0, 31.0, 1.0, 30.0]),
    ("weekday(d)", [3.0, 1.0, 5.0, 1.0]),
    ("hour(d)", [0.0, 0.0, 0.0, 18.0]),
    ("days(d, date('2024-01-01'))", [59.0, -1462.0, -184.0, pytest.approx(-19724.229, abs=1e-3)]),
    ("d - date('2024-01-01')", [59.0, -1462.0, -184.0, pytest.approx(-19724.229, abs=1e-3)]),
    ("year(d + 366)", [2025.0, 2020.0, 2024.0, 1970.0]),
    ("d >= '2023-07-01'", [True, False, True, False]),
    ("'2019-12-31' == d", [False, True, False, False]),
    ("month(max(d, date('2024-01-05')))", [2.0, 1.0, 1.0, 1.0]),
    ("logistic(0) + tanh(0) + sin(0) + cos(0) + normal_cdf(0)", [2.0]),
    ("`loan amount` / 100", [0.5, -2.0, 3.25, 10.0]),
    ("'`a`' + s", ["`a`north", "`a`south", "`a`north", "`a`east"]),
    ("t and not (a > 1 or b == 0)", [True, False, False, False]),
]


@pytest.mark.parametrize(("text", "expected"), EXAMPLES, ids=[text for text, _ in EXAMPLES])
def test_an_expression_gives(text: str, expected: list[Any]) -> None:
    assert compute(text) == expected


FORBIDDEN = [
    "a.__class__", "().__class__.__bases__[0].__subclasses__()", "__import__('os')",
    "eval('1')", "exec('1')", "open('x')", "getattr(a, 'x')", "globals()", "lambda: 1",
    "[x for x in (1, 2)]", "{x for x in s}", "{'a': 1}", "(1, 2)", "[1, 2]", "a[0]", "a[0:1]",
    "f'{a}'", "s.upper()", "where.__globals__", "(a := 3)", "a if a else __builtins__",
    "print(a)", "b''", "1j", "None", "...", "a is a", "a @ b", "a & b", "~b", "a << 2",
    "min(*a)", "round(a, ndigits=2)", "yield a", "await a", "a; b", "import os", "min(a)(b)",
    "('x' if t else eval)('1')", "__name__", "`__builtins__`", "type(a)", "min", "str(a)",
]  # fmt: skip


@pytest.mark.parametrize("text", FORBIDDEN)
def test_an_expression_reaches_nothing_of_python(text: str) -> None:
    with pytest.raises(DataError) as error:
        compute(text)
    assert "Traceback" not in str(error.value)
    assert len(str(error.value)) < 700


BOMBS = ["9**9**9**9**9", "'x' * 10**9", "1" * 3000, "(" * 90 + "a" + ")" * 90, "a" + "+a" * 1900,
         "-" * 2000 + "a", "not " * 900 + "t", "a" * 5000, "10**400", "1e999", "min(" * 300,
         "a" + "**9" * 50, "\x00", "\ud800", "a\nb", "'" + "x" * 3990 + "'", "`" * 400]  # fmt: skip


@pytest.mark.parametrize("text", BOMBS, ids=[text[:12] for text in BOMBS])
def test_an_expression_that_blows_up_ends_soon(text: str) -> None:
    try:
        found = compute(text)
    except DataError:
        return
    assert len(found) <= 4


WRONG = [
    ("a +", "is no expression"), ("", "is no expression"), ("aa + 1", "did you mean 'a'"),
    ("where(a, 1, 2)", "`a` is a number, and here must be true or false"),
    ("s * 2", "`s` is a text"), ("s + t", "`s` is a text"), ("t + 1", "true or false"),
    ("log(s)", "`s` is a text"), ("s < 'x'", "`s` is a text"), ("s == 3", "`3` is a number"),
    ("a == 'x'", "`'x'` is a text"), ("where(t, 1, 'x')", "`'x'` is a text"),
    ("d > 'soon'", "'soon' is no date"), ("date(s)", "takes a text such as"),
    ("d + d", "a date"), ("roundd(a)", "did you mean 'round'"), ("log(a, 2)", "takes 1 value"),
    ("round(a, b)", "decimals of round()"), ("a and t", "true or false"), ("s in s", "a list"),
    ("min(a, d)", "`d` is a date"), ("year(a)", "`a` is a number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[text for text, _ in WRONG])
def test_a_wrong_expression_is_refused_with_its_cure(text: str, words: str) -> None:
    with pytest.raises(DataError) as error:
        compute(text)
    assert words in str(error.value)


def test_names_in_backticks_may_hold_quotes_and_begin_as_names_of_python() -> None:
    recipe = Recipe.parse({
        "columns": {
            'say "hi"': {"values": [1]}, "it's": {"values": [2]}, "__class__": {"values": [3]},
            "text": {"values": ["x"]},
            "sum": {"formula": "`say \"hi\"` + `it's` * 10 + `__class__` * 100"},
            "joined": {"formula": "'`' + `text` + \"'\""},
        }
    })  # fmt: skip
    frame: Any = recipe.sample(1)
    assert frame.loc[0, ["sum", "joined"]].tolist() == [321, "`x'"]


def test_what_has_no_value_is_missing() -> None:
    recipe = Recipe.parse({"columns": {
        "a": {"values": [-1, 4]}, "root": {"formula": "sqrt(a)"},
        "whole": {"formula": "floor(sqrt(a))"},
    }})  # fmt: skip
    frame = recipe.sample(50)
    assert frame["root"].isna().equals(frame["a"] < 0)
    assert frame["whole"].dtype == "Int64"
    assert frame["whole"].isna().equals(frame["a"] < 0)
    assert np.isfinite(recipe.log_prob(frame)).all()


def test_a_formula_has_a_kind() -> None:
    recipe = Recipe.parse({"columns": {
        "a": {"distribution": "poisson", "mu": 3}, "half": {"formula": "a / 2"},
        "more": {"formula": "a * 2 + 1"}, "many": {"formula": "a > 2"},
        "said": {"formula": "'n' + a"}, "at": {"formula": "date('2024-01-01') + a"},
        "hundreds": {"formula": "round(a * 123.4, -2)"}, "one": {"formula": "1"},
    }})  # fmt: skip
    kinds = recipe.sample(10).dtypes.astype(str).tolist()
    assert kinds == ["int64", "float64", "int64", "bool", "str", "datetime64[us]", "int64", "int64"]
