"""Columns of identifiers and free text: fresh values of the same patterns."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from key_columns import STYLES, column

from synth_dl.errors import DataError
from synth_dl.tables.codecs.key import KeyCodec


def draw(codec: KeyCodec, rows: int, seed: int = 1) -> pd.Series:
    codes = np.random.default_rng(seed).integers(0, len(codec.patterns), rows)
    return codec.decode(codes, 0, seed)


def again(codec: KeyCodec) -> KeyCodec:
    """The codec as it is read back."""
    return KeyCodec.from_dict(json.loads(json.dumps(codec.to_dict())))


def texts_in(state: object) -> Iterator[str]:
    """All texts in plain data."""
    if isinstance(state, dict):
        for value in state.values():
            yield from texts_in(value)
    elif isinstance(state, list | tuple):
        for value in state:
            yield from texts_in(value)
    elif isinstance(state, str):
        yield state


@pytest.mark.parametrize("style", STYLES)
def test_no_value_repeats_where_no_real_one_does(style: str) -> None:
    real = column(style)
    codec = KeyCodec.fit(real)
    fake = draw(codec, 5000)
    assert fake.dtype == real.dtype
    if real.is_unique:
        assert set(codec.strides) == {1}
        assert fake.is_unique


@pytest.mark.parametrize("style", STYLES)
def test_nearly_all_real_values_follow_a_pattern(style: str) -> None:
    real = column(style)
    codec = KeyCodec.fit(real)
    codes = codec.encode(real)
    assert codes.dtype == np.int64
    assert codes.max() < codec.levels
    assert (codes >= 0).mean() > 0.95 or style == "few"


@pytest.mark.parametrize("style", STYLES)
def test_a_fresh_value_follows_the_pattern_it_was_drawn_for(style: str) -> None:
    codec = KeyCodec.fit(column(style))
    codes = np.random.default_rng(3).integers(0, len(codec.patterns), 3000)
    assert codec.encode(codec.decode(codes, 0, 3)).tolist() == codes.tolist()


@pytest.mark.parametrize("style", STYLES)
def test_a_shard_and_a_reloaded_state_give_the_same_rows(style: str) -> None:
    codec = KeyCodec.fit(column(style))
    codes = np.random.default_rng(3).integers(0, codec.levels, 1000)
    whole = codec.decode(codes, 0, 7)
    assert again(codec) == codec
    parts = [again(codec).decode(codes[i : i + 137], i, 7) for i in range(0, 1000, 137)]
    pd.testing.assert_series_equal(pd.concat(parts, ignore_index=True), whole)
    # A range of integers goes on in order where it is full.
    assert (codec.decode(codes, 0, 8) != whole)[: len(column(style))].mean() > 0.8
    np.testing.assert_array_equal(again(codec).encode(column(style)), codec.encode(column(style)))


@pytest.mark.parametrize("style", STYLES)
def test_every_text_in_the_state_rests_on_many_values(style: str) -> None:
    real = column(style)
    distinct = set(real.astype(str))
    codec = KeyCodec.fit(real)
    rare = {value for value, times in Counter(real.astype(str)).items() if times < 5}
    assert not {value for value in rare if len(value) >= 4} & set(texts_in(codec.to_dict()))
    for pattern in codec.patterns:
        for run in getattr(pattern, "runs", ()):
            words = [word for word, _ in run.words]
            words += [a for a in run.alphabets if len(a) == 1]
            for word in words if style != "few" else ():  # whose pattern rests on no data
                assert sum(word in value for value in distinct) >= 5, word


def test_what_few_values_hold_leaves_no_trace() -> None:
    real = column("padded")
    odd = ["ID-Ж00001", "ID-0000000000000000000000000001", "XRUMPELSTILZ-000001", "ID-000001é"]
    for outlier in (odd, [text.replace("1", "2") + "99" for text in odd]):
        codec = KeyCodec.fit(pd.concat([real, pd.Series(outlier)], ignore_index=True))
        assert draw(codec, 500).str.fullmatch(r"ID-\d{6}").all()
        text = json.dumps(codec.to_dict(), ensure_ascii=False)
        assert not any(part in text for part in ("RUMPEL", "Ж", "é"))


def test_bounds_of_integers_rest_on_many_values() -> None:
    inner = list(range(200, 800))
    for outliers in ([-(10**12), 10**15], [3, 10**18]):
        (pattern,) = KeyCodec.fit(pd.Series([*inner, *outliers])).patterns
        assert (pattern.low, pattern.high) == (200, 799)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("style", "pattern"),
    [
        ("padded", r"ID-\d{6}"),
        ("uuid", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("hash", r"[0-9a-f]{40}"),
        ("base36", r"[0-9A-Z]{7}"),
        ("phone", r"\+49 \([1-9]\d\) [1-9]\d{6}"),
        ("mail", r"[a-z]{3,6}\.\d+@(gmail\.com|web\.de)"),
        ("names", r"[A-Z][a-zé ö]+ [A-Z][a-z]+-[A-Z][a-z]+"),
        ("url", r"https://www\.shop\.org/[a-z]+\?item=\d+"),
        ("cyrillic", r"[\u0410-\u042f][\u0430-\u044f]+"),
        ("chinese", r"[\u4e00-\u9fff]+"),
        ("text", r"[A-Z][a-z]+( \w+)+\.?"),
        ("mixed", r"A-\d{4,}|\d{4,}/x"),
        ("sparse integers", r"[1-9]\d{8}"),
        ("year", r"202\d/\d{4}"),
        ("zip", r"\d{5}"),
        ("short codes", r"[A-E]\d\d"),
    ],
)
def test_fresh_values_look_like_the_real_ones(style: str, pattern: str) -> None:
    real = column(style)
    codec = KeyCodec.fit(real)
    fake = codec.decode(codec.encode(real), 0, 1)
    odd = [value for value in fake.astype(str) if not re.fullmatch(pattern, value)]
    assert not [value for value in odd if not value.endswith(".")]


@pytest.mark.parametrize("version", [1, 4])
@pytest.mark.parametrize("rows", [5, 12, 300])
def test_a_uuid_of_few_rows_is_valid(version: int, rows: int) -> None:
    make: Callable[[], uuid.UUID] = {1: uuid.uuid1, 4: uuid.uuid4}[version]
    real = pd.Series([str(make()) for _ in range(rows)])
    for value in draw(KeyCodec.fit(real), 500):
        assert uuid.UUID(value).version == version
        assert uuid.UUID(value).variant == uuid.RFC_4122


def test_a_full_space_is_used_before_texts_grow_longer() -> None:
    real = column("short codes", rows=500)
    fake = KeyCodec.fit(real).decode(np.zeros(5000, dtype=np.int64), 0, 1)
    assert set(fake[:500]) == set(real)
    assert fake.is_unique
    assert fake.str.fullmatch(r"[A-E]\d{2,4}").all()


def test_texts_of_shared_words_only_can_grow_as_well() -> None:
    real = pd.Series([f"{a}-{b}" for a in "ABCDEF" for b in (1, 2, 11, 12, 21, 22)])
    fake = KeyCodec.fit(real).decode(np.zeros(5000, dtype=np.int64), 0, 1)
    assert fake.is_unique
    assert fake.str.fullmatch(r"[A-Z]+-\d+").all()


def test_words_keep_their_shares() -> None:
    kinds = np.random.default_rng(0).choice(["AB", "KX", "Z"], 4000, p=[0.7, 0.2, 0.1])
    real = pd.Series([f"{kind}-{number:08d}" for number, kind in enumerate(kinds)])
    fake = KeyCodec.fit(real).decode(np.zeros(4000, dtype=np.int64), 0, 1)
    shares = fake.str.partition("-")[0].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({"AB": 0.7, "KX": 0.2, "Z": 0.1}, abs=0.03)


def test_missing_values_have_a_code_where_enough_rows_lack_a_value() -> None:
    real = column("padded")
    real[:6] = None
    codec = KeyCodec.fit(real)
    assert codec.has_missing
    assert codec.levels == len(codec.patterns) + 1
    codes = codec.encode(real)
    assert (codes[:6] == len(codec.patterns)).all()
    fake = codec.decode(codes, 0, 1)
    assert (fake.isna() == real.isna()).all()
    real[2:6] = "ID-777777"
    codec = KeyCodec.fit(real)
    assert not codec.has_missing
    assert (codec.encode(real)[:2] == -1).all()


def test_all_missing_and_too_few_values_get_a_pattern_that_knows_no_data() -> None:
    for values in ([None] * 10, ["a", "b"], [""] * 3, []):
        codec = KeyCodec.fit(pd.Series(values, dtype="str"))
        assert len(codec.patterns) == 1
        assert draw(codec, 50).str.fullmatch(r"[A-Z]{2}-\d{6}").all()


def test_a_blank_of_many_rows_comes_back_as_it_is() -> None:
    real = column("padded")
    real[::4] = ""
    real[1::4] = "--"
    real[2] = "?"
    codec = KeyCodec.fit(real)
    fake = codec.decode(np.maximum(codec.encode(real), 0), 0, 1)
    assert ((fake == "") == (real == "")).all()
    assert ((fake == "--") == (real == "--")).all()
    assert not (fake == "?").any()
    assert fake[~fake.isin(["", "--"])].is_unique


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "int32", "UInt16", "Int64", "uint64", "float64", "object"]
)
def test_integers_keep_their_type(dtype: str) -> None:
    for real in (pd.Series(range(200)), pd.Series(range(0, 30_000, 997))):
        if dtype == "uint8" and real.max() > 255:
            continue
        fake = draw(KeyCodec.fit(real.astype(dtype)), 250)
        assert str(fake.dtype) == dtype
        assert fake.is_unique
        assert fake.min() >= 0


def test_integers_with_missing_ones_stay_integers() -> None:
    for dtype in ("Int64", "float64", "int64[pyarrow]"):
        real = pd.Series([*range(100), *[None] * 10], dtype=dtype)
        codec = KeyCodec.fit(real)
        fake = codec.decode(codec.encode(real), 0, 1)
        assert fake.dtype == dtype
        assert fake.isna().sum() == 10


def test_a_full_integer_type_says_what_to_do() -> None:
    real = np.random.default_rng(0).choice(50_000, 40, replace=False)
    codec = KeyCodec.fit(pd.Series(real, dtype="uint16"))
    assert codec.dtype == "uint16"
    with pytest.raises(DataError, match="declare it as int64"):
        codec.decode(np.zeros(10, dtype=np.int64), 10**8, 0)


def test_fractions_and_unknown_codes_are_refused() -> None:
    with pytest.raises(DataError, match="declare it as a number"):
        KeyCodec.fit(pd.Series([0.5, 1.5], name="x"))
    codec = KeyCodec.fit(column("padded"))
    for code in (-1, codec.levels):
        with pytest.raises(DataError, match="run from 0 to"):
            codec.decode(np.array([code]), 0, 0)


def test_categories_and_objects_come_back_as_such() -> None:
    for dtype in ("category", "object", "str", "string", "string[pyarrow]"):
        real = column("padded").astype(dtype)
        fake = draw(KeyCodec.fit(real), 20)
        assert fake.dtype == dtype or dtype == "category"
        assert str(fake.dtype) == str(real.dtype)


def test_repeated_identifiers_repeat_about_as_often() -> None:
    for real in (column("repeated", rows=5000), pd.Series(np.arange(5000) // 5)):
        fake = KeyCodec.fit(real).decode(np.zeros(5000, dtype=np.int64), 0, 1)
        assert 0.8 < fake.nunique() / real.nunique() < 1.2


def test_uniqueness_holds_far_down_a_long_sample() -> None:
    for style in ("short codes", "names", "dense integers", "text", "mail"):
        real = column(style).drop_duplicates()
        codec = KeyCodec.fit(real)
        starts = (0, 5000, 10**6, 10**9)
        codes = np.random.default_rng(0).integers(0, len(codec.patterns), 4000)
        fake = pd.concat([codec.decode(codes, first, 1) for first in starts])
        assert fake.is_unique


def test_a_hundred_thousand_texts_take_a_moment_and_none_repeats() -> None:
    real = pd.Series([f"ID-{number:09d}" for number in range(3, 10**6, 10)])
    codec = KeyCodec.fit(real)
    fake = codec.decode(codec.encode(real), 0, 0)
    assert fake.is_unique
    assert fake.str.fullmatch(r"ID-\d{9}").all()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.lists(st.text(max_size=12), max_size=60),
        st.lists(st.from_regex(r"[A-C]{1,2}[-_/]?[0-9]{1,3}", fullmatch=True), max_size=150),
        st.lists(st.from_regex(r"[a-bÀ-ý]{1,4}( [A-Z]\w{0,3}){0,3}", fullmatch=True), max_size=80),
        st.lists(st.sampled_from(["", " ", "-", "x", "ab", "ab1", "Ab", "0", "01"]), max_size=60),
    ),
    st.integers(0, 10),
)
def test_any_texts_survive(texts: list[str], missing: int) -> None:
    real = pd.Series([*texts, *[None] * missing], dtype="object")
    codec = again(KeyCodec.fit(real))
    codes = codec.encode(real)
    assert codes.max(initial=-1) < codec.levels
    fake = draw(codec, 300)
    worded = fake[fake.map(lambda text: any(map(str.isalnum, text)))]
    assert worded.is_unique or set(codec.strides) != {1}
    for blank in set(fake) - set(worded):
        assert texts.count(blank) >= 5


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-50, 300), max_size=200),
    st.sampled_from(["int64", "Int64", "object"]),
)
def test_any_integers_survive(numbers: list[int], dtype: str) -> None:
    codec = again(KeyCodec.fit(pd.Series(numbers, dtype=dtype)))
    fake = draw(codec, 500)
    assert fake.is_unique or set(codec.strides) != {1}
