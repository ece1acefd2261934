"""Shares as users say them, and counts that are exact."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from synth_dl.errors import ConfigError
from synth_dl.noise import generator_for
from synth_dl.sampling.balance import CLASS_STREAM, ClassCounts, exact_counts, missing_counts
from synth_dl.sampling.shares import shares_of

NAMES = ("income", "a=b", "a", "marital status", 3)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("income", {"income": None}),
        (["income", "marital status"], {"income": None, "marital status": None}),
        (3, {3: None}),
        ((3, "a"), {3: None, "a": None}),
        ({"a": None, "income": {"x": 0.25, "y": 0.75}},
         {"a": None, "income": {"x": Fraction(1, 4), "y": Fraction(3, 4)}}),
        (['income={"<=50K": 0.3,">50K":0.7}'],
         {"income": {"<=50K": Fraction(3, 10), ">50K": Fraction(7, 10)}}),
        (["income={'a,b': 1/3, c d: 2/3}"],
         {"income": {"a,b": Fraction(1, 3), "c d": Fraction(2, 3)}}),
        (["income={10:30: 0.5, '''': 0.5}", "a"],
         {"income": {"10:30": Fraction(1, 2), "'": Fraction(1, 2)}, "a": None}),
        (["a=b={x: 1, y: 0}"], {"a=b": {"x": Fraction(1), "y": Fraction(0)}}),
        ({"a": {1: np.float64(0.1), 2: 0.9}}, {"a": {1: Fraction(1, 10), 2: Fraction(9, 10)}}),
    ],
)  # fmt: skip
def test_what_a_user_says_of_classes(asked: Any, found: Any) -> None:
    assert shares_of("balance", asked, NAMES) == found


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("incme", "balance names 'incme', which is no column: did you mean 'income'?"),
        ([], "balance names no column"),
        ({}, "balance names no column"),
        (7, "balance is 7; name a column"),
        (["a", "a"], "balance names column 'a' twice"),
        ([{"a": 1}], "which is no column"),
        (["b={x: 1}"], "balance names 'b', which is no column"),
        (["income={x: 0.5}"], "the shares sum to 0.5 and not to 1"),
        (["income={x: 0.5, y: 0.6}"], "the shares sum to 1.1 and not to 1"),
        (["income={x: 0.5, x: 0.5}"], "names the value 'x' twice"),
        (["income={x}"], "write {VALUE: SHARE, ...}"),
        (["income={}"], "balance.income says no shares"),
        (["income={x: -0.5, y: 1.5}"], "'-0.5' is no share of 'x'"),
        (["income={x: half, y: 1}"], "'half' is no share of 'x'; give a number from 0 to 1"),
        (["income={x: 1/0, y: 1}"], "'1/0' is no share"),
        (["income={x: nan, y: 1}"], "'nan' is no share"),
        (["income={x: 1e999, y: 1}"], "is no share"),
        ({"income": {"x": True}}, "'True' is no share"),
        ({"income": 0.5}, "balance.income says no shares"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(asked: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        shares_of("balance", asked, NAMES)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_counts_are_shares_to_the_row() -> None:
    third = Fraction(1, 3)
    assert exact_counts([third] * 3, 100) == (34, 33, 33)
    assert exact_counts([third] * 3, 2) == (1, 1, 0)
    assert exact_counts([Fraction(3, 10), Fraction(7, 10)], 1000) == (300, 700)
    rng = np.random.default_rng(0)
    for _ in range(100):
        parts = rng.integers(0, 50, 7) + (np.arange(7) == 0)
        n, total = int(rng.integers(1, 10**6)), int(parts.sum())
        counts = exact_counts([Fraction(int(part), total) for part in parts], n)
        assert sum(counts) == n
        assert all(
            abs(count - n * part / total) < 1 for count, part in zip(counts, parts, strict=True)
        )
    assert missing_counts([5, 0, 3]) == (0, 5, 2)


def test_the_order_of_the_classes_follows_from_the_seed() -> None:
    counts = ClassCounts("a", ("x", "y", "z"), (5, 0, 7))
    order = counts.classes(1)
    assert np.bincount(order, minlength=3).tolist() == [5, 0, 7]
    assert (counts.classes(1) == order).all()
    assert (counts.classes(2) != order).any()
    assert order.tolist() != sorted(order.tolist())


def test_a_table_of_counts_is_short() -> None:
    many = ClassCounts("a", tuple(map(str, range(50))), (1,) * 50, (2,) * 50)
    lines = many.lines()
    assert len(lines) == 22
    assert lines[-1].split() == ["30", "more", "classes", "60", "30", "90"]


def test_the_order_of_the_classes_is_no_noise_of_a_chunk() -> None:
    own = generator_for(3, *CLASS_STREAM).initial_seed()
    chunks = [generator_for(3, number).initial_seed() for number in range(1000)]
    streams = [generator_for(3, stream, number).initial_seed()
               for stream in range(8) for number in range(100)]  # fmt: skip
    assert own not in chunks + streams


def test_more_rows_than_can_be_put_in_order_are_refused() -> None:
    with pytest.raises(ConfigError, match="20,000,000,000,000 rows are more than can be balanced"):
        ClassCounts("a", ("x", "y"), (10**13, 10**13))
