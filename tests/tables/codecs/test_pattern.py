"""Text of few forms: learnt number by number, and nothing of a single row is kept."""

import numpy as np
import pandas as pd
import pytest

from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.codecs.form_search import find_forms
from synth_dl.tables.codecs.numerals import ordinal_ending, roman_numeral
from synth_dl.tables.codecs.pattern import PatternColumn
from synth_dl.tables.reading.table import table_from_frame
from synth_dl.tables.schema import Column

RNG = np.random.default_rng(0)


def fitted(texts, min_count: int = 5) -> PatternColumn:
    return PatternColumn.fit(
        pd.Series(texts, dtype="str"), Column("c", "pattern", "str"), min_count
    )


def decoded(codec: PatternColumn, codes) -> list:
    return codec.decode(codes, RNG.random(codes.shape), Place(0, 0)).tolist()


def test_codes_tell_form_and_numbers():
    texts = [
        *(f"{k} kg" for k in range(60, 80)),
        *(f"{k}.5 lb" for k in range(130, 150)),
        None,
    ] * 10
    codec = fitted(texts)
    codes = codec.encode(pd.Series(texts, dtype="str"))
    assert (codes >= 0).all()
    back = pd.Series(decoded(codec, codes))
    assert back.isna().tolist() == pd.isna(pd.Series(texts)).tolist()
    assert back.dropna().str.fullmatch(r"\d\d kg|1\d\d\.5 lb").all()
    assert (back.str[-2:].dropna() == pd.Series(texts).str[-2:].dropna()).all()


def test_numbers_in_order_stay_in_order():
    low = RNG.integers(1, 90, 600)
    texts = [f"{a}-{a + b}" for a, b in zip(low, RNG.integers(1, 20, 600), strict=True)]
    codec = fitted(texts)
    codes = codec.encode(pd.Series(texts, dtype="str"))
    for column in range(1, codes.shape[1]):
        codes[:, column] = RNG.permutation(codes[:, column])
    split = pd.Series(decoded(codec, codes)).str.split("-", expand=True).astype(int)
    assert (split[0] < split[1]).all()


@pytest.mark.parametrize("odd", ["Mr. Smith", "06:99:99", "6:5", "99:99"])
def test_one_row_decides_nothing(odd):
    texts = [f"{k // 60:02d}:{k % 60:02d}" for k in RNG.integers(300, 1200, 900)]
    usual, other = (fitted(cells).to_dict() for cells in (texts, [*texts, odd]))
    assert usual["forms"] == other["forms"]
    assert odd not in str(other)


def test_forms_come_back_from_plain_data():
    texts = [f"{k // 60}h {k % 60}m" for k in RNG.integers(300, 1200, 900)]
    codec = fitted(texts)
    assert PatternColumn.from_dict(codec.column, codec.to_dict()).to_dict() == codec.to_dict()
    assert "h" in codec.describe()[0]


def test_forms_need_rows():
    texts = [f"{k}:{k}" for k in range(9)]
    assert find_forms(texts, np.ones(9, np.int64), 5) == ([], 0)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda k: f"{k * k // 7 % 24:02d}:{k * k % 59:02d}", "pattern"),
        (lambda k: f"${k * 7919 % 9999 / 7:,.2f}", "pattern"),
        (lambda k: f"{k * 7919 % 99991:05d}-{k * 31 % 10}", "key"),
        (lambda k: f"{k * 7919 % 99991:06x}", "key"),
        (lambda k: f"{k % 5} years", "category"),
    ],
)
def test_text_of_frames(make, kind):
    frame = pd.DataFrame({"c": [make(k) for k in range(600)], "g": ["a", "b"] * 300})
    assert table_from_frame(frame).schema.column("c").type == kind


@pytest.mark.parametrize(
    ("texts", "odd"),
    [
        ([roman_numeral(k) for k in range(1, 900)], "XXXX"),
        ([f"the {k}{ordinal_ending(k)} of us" for k in range(1, 900)], "the 3th of us"),
    ],
)
def test_numerals_and_ordinals_are_of_one_form(texts, odd):
    usual, other = fitted(texts), fitted([*texts, odd])
    assert len(usual.forms) == 1
    assert usual.forms == other.forms
    cells = decoded(usual, usual.encode(pd.Series(texts, dtype="str")))
    assert (usual.encode(pd.Series(cells, dtype="str")) >= 0).all()


@pytest.mark.parametrize("between", [" - ", "/", " to ", "–", "-"])
def test_ranges_of_dates_are_days_and_their_length(between):
    days = pd.Timestamp("2019-01-01") + pd.to_timedelta(RNG.integers(0, 900, 300), "D")
    ends = days + pd.to_timedelta(RNG.integers(0, 60, 300), "D")
    texts = [f"{a:%Y-%m-%d}{between}{b:%Y-%m-%d}" for a, b in zip(days, ends, strict=True)]
    usual, other = fitted(texts), fitted([f"2020-13-45{between}2019-01-01", "none", *texts])
    assert usual.forms == other.forms
    assert [form.between for form in usual.forms] == [between]
    codes = usual.encode(pd.Series(texts, dtype="str"))
    assert (codes >= 0).all()
    for column in range(1, codes.shape[1]):
        codes[:, column] = RNG.permutation(codes[:, column])
    for text in decoded(usual, codes):
        assert pd.Timestamp("2019") <= pd.Timestamp(text[:10]) <= pd.Timestamp(text[-10:])
