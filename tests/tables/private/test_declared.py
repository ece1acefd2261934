"""What a private run may not read off the rows is refused by name, and nothing else."""

import re

import pytest

from synth_dl.errors import ConfigError, DataError
from synth_dl.privacy.options import Privacy
from synth_dl.tables.private.declared import declared_facts, private_schema
from synth_dl.tables.schema import Schema


def schema(**column) -> Schema:
    return Schema.from_dict({"columns": [{"name": "a", **column}, {"name": "b", "type": "number"}]})


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ({"type": "key"}, "'a' is a key, .*; give it a `kind`, or leave the column out by privacy"),
        ({"type": "pattern"}, "'a' is text whose forms .*; declare it as a category"),
        ({"type": "constant"}, "'a' is constant, .*; declare it as a category"),
        ({"type": "datetime"}, "'a' is a date without `minimum` and `maximum`; declare both"),
        ({"type": "datetime", "minimum": "2020-01-01"}, "declare both"),
        (
            {"type": "datetime", "minimum": "2020-01-01", "maximum": "2021-01-01",
             "format": "%Y-%m-%d %H:%M:%S+02:00"},
            "'a' has a time zone in its `format`",
        ),
        ({"type": "number", "format": "${1,234.5}"}, "'a' has a `format`.*; write plain numbers"),
        ({"type": "number", "decimals": 9, "maximum": 1e12}, "lower `decimals`"),
        ({"type": "number", "decimals": -2, "minimum": 110, "maximum": 190}, "no number between"),
        ({"type": "number", "dtype": "uint8", "minimum": 300}, "no number between its limits"),
        ({"type": "number", "dtype": "uint8", "maximum": -1}, "no number between its limits"),
        ({"type": "category", "dtype": "category", "ordered": True}, "declare its `levels`"),
        ({"type": "category", "dtype": "bool"}, "declare its `levels`"),
        ({"type": "category", "levels": []}, "`levels` without any; fill it in or remove it"),
        ({"type": "category", "levels": [str(k) for k in range(257)]}, "more than 256 `levels`"),
        ({"type": "number", "stored": "decimal128(10, 2)"}, "'a' has `stored` .*; remove it"),
        ({"type": "number", "stored": "duration[us]"}, "'a' has `stored` .*; write its cells as"),
    ],
    ids=str,
)  # fmt: skip
def test_what_the_rows_would_tell_is_refused(column: dict, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        private_schema(schema(**column), Privacy(1.0))
    # A column that is left out may be anything.
    kept = private_schema(schema(**column), Privacy(1.0, leave_out=("a",)))
    assert kept.names == ("b",)


def test_rules_are_refused_as_they_are_fitted_to_rows() -> None:
    ruled = Schema(schema(type="number").columns, rules=("a >= 0",))
    with pytest.raises(DataError, match=r"has rules \(a >= 0\).*remove `rules`"):
        private_schema(ruled, Privacy(1.0))


def test_whole_numbers_are_completed_by_what_was_said_alone() -> None:
    found = private_schema(schema(type="number", decimals=0, minimum=0, maximum=9), Privacy(1.0))
    assert found.columns[0].dtype == "int64"
    assert (
        private_schema(schema(type="number", dtype="Int32"), Privacy(1.0)).columns[0].decimals == 0
    )
    tenths = private_schema(schema(type="number", dtype="int64", decimals=1), Privacy(1.0))
    assert tenths.columns[0].decimals == 0
    assert private_schema(schema(type="number"), Privacy(1.0)).columns[0].decimals is None
    assert declared_facts(found)[0] == "a: number, from 0 to 9, 0 decimals"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"epsilon": 0.0}, "privacy.epsilon=0.0: it must be a number above 0"),
        ({"epsilon": float("nan")}, "it must be a number above 0"),
        ({"epsilon": 1.0, "delta": 1.0}, "privacy.delta=1: it must be a small probability"),
        ({"epsilon": 1.0, "most": 0}, "privacy.most=0: it must be a whole number"),
        ({"epsilon": 1.0, "most": 3}, "name the column of persons by privacy.unit"),
    ],
)
def test_a_promise_that_is_none_is_refused(options: dict, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        Privacy(**options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"unit": "bb"}, "privacy.unit=bb: there is no such column; did you mean 'b'?"),
        ({"leave_out": ("x",)}, "privacy.leave_out=x: there is no such column; the columns are a"),
        ({"leave_out": ("a", "b")}, "privacy.leave_out names all columns"),
        ({"leave_out": ("a",), "unit": "b"}, "privacy.leave_out names all columns"),
    ],
)  # fmt: skip
def test_columns_that_there_are_not_are_refused(options: dict, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        private_schema(schema(type="number"), Privacy(1.0, **options))


def test_the_column_of_persons_is_not_learnt() -> None:
    assert private_schema(schema(type="key"), Privacy(1.0, unit="a", most=3)).names == ("b",)
