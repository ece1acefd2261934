"""A schema survives its file, and a file that is wrong is told so in one sentence."""

import re

import pytest

from synth_dl.errors import DataError
from synth_dl.tables.schema import Column, Dialect, Schema

SCHEMA = Schema(
    columns=(
        Column("age at death, in years", "number", "Int64", decimals=0, missing="NA"),
        Column("price", "number", "float64", decimals=2, places=2, minimum=0, maximum=99.5),
        Column("ä.b-c", "category", "str", ordered=True, levels=("no", "1", "high")),
        Column("grade", "category", "int64", levels=(1, 2, 3)),
        Column("flag", "boolean", "bool", words=("yes", "no")),
        Column("no", "datetime", "datetime64[us, UTC+02:00]", format="%d.%m.%Y", missing="-"),
        Column("id", "key", "str"),
        Column("mail", "key", "str", kind="email", locale="de"),
        Column("unit", "constant", "str"),
        Column("void", "empty", "float64"),
    ),
    dialect=Dialect(";", ","),
)


def test_a_saved_schema_is_loaded_as_it_was(tmp_path):
    path = tmp_path / "deep" / "schema.yaml"
    SCHEMA.save(path)
    assert Schema.load(path) == SCHEMA
    assert [file.name for file in path.parent.iterdir()] == ["schema.yaml"]


def test_entries_at_their_default_are_not_written():
    state = Schema((Column("x", "category", "str"),)).to_dict()
    assert state == {"columns": [{"name": "x", "type": "category"}]}


def test_columns_are_found_by_name():
    assert SCHEMA.column("price").decimals == 2
    assert SCHEMA.names[0] == "age at death, in years"
    with pytest.raises(DataError, match=r"no column 'prise'; the columns are .*'price'"):
        SCHEMA.column("prise")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"must hold `name: value` entries"),
        ("columns: []", r"`columns` must be a list"),
        ("column: [a]", r"unknown entry 'column'; did you mean 'columns'"),
        ("columns: [", r"not valid YAML near line "),
        ("columns: [{type: number}]", r"needs a `name`"),
        ("columns: [{name: no, type: number}]", r"needs a `name`, in quotes"),
        ("columns: [{name: a}]", r"column 'a': unknown type None; known are number, category"),
        ("columns: [{name: a, type: float}]", r"column 'a': unknown type 'float'"),
        ("columns: [{name: a, type: number, digits: 2}]", r"'a': unknown entry 'digits'"),
        ("columns: [{name: a, type: key, minimum: 0}]", r"`minimum` belongs to type number"),
        ("columns: [{name: a, type: number, minimum: b}]", r"`minimum` must be a number, not 'b'"),
        ("columns: [{name: a, type: number, maximum: .nan}]", r"`maximum` must be a number"),
        (
            "columns: [{name: a, type: number, minimum: 2, maximum: 2}]",
            r"column 'a': `minimum` is 2, which is not below `maximum`, 2",
        ),
        (
            "columns: [{name: a, type: datetime, minimum: today}]",
            r"`minimum` must be a date such as 2020-01-31, not 'today'",
        ),
        (
            "columns: [{name: a, type: datetime, maximum: '2020-02-30'}]",
            r"`maximum` is 2020-02-30, which no calendar has",
        ),
        (
            "columns: [{name: a, type: number, decimals: two}]",
            r"`decimals` must be `int`, not",
        ),
        ("columns: [{name: a, type: number, decimals: 400}]", r"`decimals` must be `int` <= 18"),
        ("columns: [{name: a, type: number, places: 99}]", r"`places` must be `int` <= 18"),
        ("columns: [{name: a, type: category, levels: [[1]]}]", r"must hold words or numbers"),
        ("columns: [{name: a, type: datetime, format: '%Y'}]", r"say year, month and day, each"),
        ("columns: [{name: a, type: datetime, format: '%d %d'}]", r"as %d\.%m\.%Y does"),
        (
            "columns: [{name: a, type: number, dtype: int65}]",
            r"no dtype 'int65'; write one",
        ),
        ("columns: [{name: a, type: number, dtype: 'S9'}]", r"no column has dtype 'S9'"),
        ("columns: [{name: a, type: number, dtype: [1]}]", r"`dtype` must be `str`"),
        (
            "columns: [{name: a, type: datetime, dtype: 'datetime64[us, Mars/Base]'}]",
            r"there is no dtype 'datetime64\[us, Mars/Base\]'",
        ),
        ("columns: &x [{name: a, type: number}]\nz: *x", r"line 2 refers to another entry"),
        ("columns: " + "[" * 5000, r"line 1 lies too deep in others"),
        ("columns: [{name: a, type: key}]\ndialect: {separator: ',,'}", r"`separator` must be"),
        ("columns: [{name: a, type: key, levels: [x]}]", r"`levels` belongs to type category"),
        ("columns: [{name: a, type: category, levels: [yes, no]}]", r"put the levels in quotes"),
        ("columns: [{name: a, type: category, levels: x}]", r"`levels` must be a list"),
        ("columns: [{name: a, type: category, levels: [x, x]}]", r"lists a value twice"),
        ("columns: [{name: a, type: category, ordered: true}]", r"needs its `levels`"),
        ("columns: [{name: a, type: boolean, words: [ja]}]", r"`words` must be a list such as"),
        ("columns: [{name: a, type: key, kind: emial}]", r"unknown kind 'emial'; did you mean 'em"),
        ("columns: [{name: a, type: key, kind: 7}]", r"`kind` must be `str`"),
        ("columns: [{name: a, type: key, kind: qq}]", r"unknown kind 'qq'; known are email, name"),
        ("columns: [{name: a, type: key, kind: name, locale: dee}]", r"did you mean 'de'"),
        ("columns: [{name: a, type: number, kind: name}]", r"`kind` belongs to type key"),
        ("columns: [{name: a, type: key, dtype: int64, kind: name}]", r"holds text; remove its"),
        ("columns: [{name: a, type: key}, {name: a, type: key}]", r"'a' is listed twice"),
        ("dialect: {comma: x}\ncolumns: [{name: a, type: key}]", r"unknown entry 'comma'"),
    ],
)
def test_a_wrong_schema_is_refused_in_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=sentence) as caught:
        Schema.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_schema_file_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        Schema.load(tmp_path / "none.yaml")


def test_categories_that_no_file_can_hold_are_refused():
    schema = Schema((Column("a", "category", "category", levels=(object(),)),))
    with pytest.raises(DataError, match=re.escape("turn them into text")):
        schema.to_dict()


def test_where_no_file_can_be_made_the_schema_says_so(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="a part of this path is a file"):
        SCHEMA.save(tmp_path / "file" / "schema.yaml")
    with pytest.raises(DataError, match="it exists already; add overwrite=true"):
        SCHEMA.save(tmp_path / "file")
    SCHEMA.save(tmp_path / "file", overwrite=True)
    assert Schema.load(tmp_path / "file") == SCHEMA


def test_limits_of_dates_may_be_written_as_yaml_has_them(tmp_path):
    path = tmp_path / "schema.yaml"
    path.write_text("columns: [{name: a, type: datetime, minimum: 2020-01-31}]")
    assert Schema.load(path).columns[0].minimum == "2020-01-31"
