"""Columns of identifiers and free text: fresh values of the same patterns, never a real one."""

import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth_dl.errors import DataError
from synth_dl.tables.codecs.key import KeyCodec
from synth_dl.tables.codecs.key_draw import permute

ROWS = 400


def letters(
    generator: np.random.Generator, low: int, high: int, alphabet: str = "etaoinsrh"
) -> str:
    return "".join(generator.choice(list(alphabet), generator.integers(low, high + 1)))


def column(style: str, rows: int = ROWS, seed: int = 0) -> pd.Series:
    """A column of identifiers or text in one of many styles."""
    generator = np.random.default_rng(seed)
    firsts = ["Anna", "Björn", "Chloé", "Dan", "Eva"]
    lasts = [letters(generator, 3, 9).capitalize() for _ in range(60)]
    domains = ["gmail.com", "web.de"]
    makers = {
        "dense integers": lambda i: i + 1,
        "sparse integers": lambda i: int(generator.integers(10**8, 10**9)),
        "long integers": lambda i: int(generator.integers(10**18, 9 * 10**18)),
        "negative integers": lambda i: i - rows // 2,
        "padded": lambda i: f"ID-{i:06d}",
        "year": lambda i: f"{2020 + i % 4}/{i:04d}",
        "short codes": lambda i: f"{'ABCDE'[i % 5]}{i // 5:02d}",
        "full codes": lambda i: f"{i:03d}",
        "uuid": lambda i: str(uuid.UUID(bytes=generator.bytes(16), version=4)),
        "hash": lambda i: generator.bytes(20).hex(),
        "base36": lambda i: letters(generator, 7, 7, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "phone": lambda i: f"+49 ({generator.integers(10, 99)}) {generator.integers(10**6, 10**7)}",
        "mail": lambda i: f"{letters(generator, 3, 6)}.{i}@{generator.choice(domains)}",
        "zip": lambda i: f"{generator.integers(1000, 99999):05d}",
        "names": lambda i: f"{generator.choice(firsts)} {generator.choice(lasts)}-{lasts[i % 50]}",
        "url": lambda i: f"https://www.shop.org/{letters(generator, 3, 8)}?item={i}",
        "cyrillic": lambda i: letters(generator, 4, 9, "абвгдежзиклмн").capitalize(),
        "chinese": lambda i: letters(generator, 2, 4, "".join(map(chr, range(0x4E00, 0x4E80)))),
        "text": lambda i: f"The {' '.join(letters(generator, 2, 8) for _ in range(3 + i % 30))}.",
        "lines": lambda i: "\n".join(letters(generator, 1, 9) for _ in range(1 + i % 40)),
        "mixed": lambda i: f"A-{i:04d}" if i % 3 else f"{i:04d}/x",
        "repeated": lambda i: f"P{i // 5:05d}",
        "few": lambda i: ["alpha", "beta", "gamma"][i % 3],
        "rare odd ones": lambda i: f"K{i:05d}" if i > 3 else "?" * i + "secret!",
    }
    return pd.Series([makers[style](i) for i in range(rows)], name="key")


STYLES = [
    *("dense integers", "sparse integers", "long integers", "negative integers", "padded", "year"),
    *(
        "short codes",
        "full codes",
        "uuid",
        "hash",
        "base36",
        "phone",
        "mail",
        "zip",
        "names",
        "url",
    ),
    *("cyrillic", "chinese", "text", "lines", "mixed", "repeated", "few", "rare odd ones"),
]


def draw(codec: KeyCodec, rows: int, seed: int = 1) -> pd.Series:
    codes = np.random.default_rng(seed).integers(0, codec.templates, rows)
    return codec.decode(codes, 0, seed)


def leaves(state: object) -> Iterator[object]:
    if isinstance(state, dict):
        for value in state.values():
            yield from leaves(value)
    elif isinstance(state, list):
        for value in state:
            yield from leaves(value)
    else:
        yield state


@pytest.mark.parametrize("style", STYLES)
def test_no_value_is_real_and_none_repeats(style: str) -> None:
    real = column(style)
    codec = KeyCodec.fit(real)
    fake = draw(codec, 5000)
    assert not set(fake.astype(str)) & set(real.astype(str))
    assert fake.dtype == real.dtype
    if real.is_unique:
        assert codec.unique
        assert fake.is_unique


@pytest.mark.parametrize("style", STYLES)
def test_nearly_all_real_values_follow_a_pattern(style: str) -> None:
    real = column(style)
    codec = KeyCodec.fit(real)
    codes = codec.encode(real)
    assert codes.dtype == np.int64
    assert codes.max() < codec.levels
    assert (codes >= 0).mean() > 0.95


@pytest.mark.parametrize("style", STYLES)
def test_a_shard_and_a_reloaded_state_give_the_same_rows(style: str) -> None:
    codec = KeyCodec.fit(column(style))
    codes = np.random.default_rng(3).integers(0, codec.levels, 1000)
    whole = codec.decode(codes, 0, 7)
    again = KeyCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    assert again == codec
    parts = [again.decode(codes[i : i + 37], i, 7) for i in range(0, 1000, 37)]
    pd.testing.assert_series_equal(pd.concat(parts, ignore_index=True), whole)
    assert (codec.decode(codes, 0, 8) != whole).mean() > 0.8
    np.testing.assert_array_equal(again.encode(column(style)), codec.encode(column(style)))


@pytest.mark.parametrize("style", STYLES)
def test_the_state_holds_no_value_of_few_rows(style: str) -> None:
    real = column(style)
    codec = KeyCodec.fit(real)
    held = {str(leaf) for leaf in leaves(codec.to_dict())}
    rare = {value for value, times in Counter(real.astype(str)).items() if times < 5}
    assert not {value for value in rare if len(value) >= 4} & held
    for template in codec.patterns:
        assert not template.heads or not any(
            value.startswith(text) and len(value) >= len(template.skeleton)
            for value in real.astype(str)
            for text in template.heads.texts
            if template.level in ("exact", "alnum")
        )


@pytest.mark.parametrize("style", STYLES)
def test_every_literal_and_word_rests_on_many_values(style: str) -> None:
    real = column(style)
    distinct = set(real.astype(str))
    codec = KeyCodec.fit(real)
    for template in codec.patterns:
        words = [word for piece in template.pieces for word, _ in piece.words]
        if template.tail:
            words += [word for word, _ in (*template.tail.words, *template.tail.separators)]
        if style == "few":  # too few values for a pattern of their own: one that knows no data
            assert words == ["-"]
            continue
        for word in words:
            assert sum(word in value for value in distinct) >= 5, word


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
        ("text", r"[A-Z][a-z]+( \w+)+\."),
        ("mixed", r"A-\d{4,}|\d{4,}/x"),
        ("sparse integers", r"[1-9]\d{8}"),
        ("year", r"202\d/\d{4}"),
    ],
)
def test_fresh_values_look_like_the_real_ones(style: str, pattern: str) -> None:
    real = column(style)
    codec = KeyCodec.fit(real)
    fake = codec.decode(codec.encode(real), 0, 1)
    odd = [value for value in fake.astype(str) if not re.fullmatch(pattern, value)]
    assert not odd


def test_missing_values_have_a_code_where_enough_rows_lack_a_value() -> None:
    real = column("padded")
    real[:6] = None
    codec = KeyCodec.fit(real)
    assert codec.has_missing
    assert codec.levels == codec.templates + 1
    codes = codec.encode(real)
    assert (codes[:6] == codec.templates).all()
    fake = codec.decode(codes, 0, 1)
    assert (fake.isna() == real.isna()).all()
    real[2:6] = "ID-777777"
    codec = KeyCodec.fit(real)
    assert not codec.has_missing
    assert (codec.encode(real)[:2] == -1).all()


def test_all_missing_and_too_few_values_get_a_pattern_that_knows_no_data() -> None:
    for values in ([None] * 10, ["a", "b"], [""] * 3, []):
        codec = KeyCodec.fit(pd.Series(values, dtype="str"))
        assert codec.templates >= 1
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
    words = fake[~fake.isin(["", "--"])]
    assert words.is_unique
    assert not set(words) & set(real)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "int32", "UInt16", "Int64", "uint64", "float64"]
)
def test_integers_keep_their_type_or_get_one_with_room(dtype: str) -> None:
    for real in (pd.Series(range(200)), pd.Series(range(0, 30_000, 997))):
        if dtype == "uint8" and real.max() > 255:
            continue
        real = real.astype(dtype)
        codec = KeyCodec.fit(real)
        fake = draw(codec, 2 * len(real))
        assert str(fake.dtype) in (dtype, "int64", "Int64")
        assert not set(fake.astype("int64")) & set(real.astype("int64"))
        assert fake.is_unique
        if dtype not in ("uint8", "int16", "UInt16"):
            assert str(fake.dtype) == dtype


def test_integers_with_missing_ones_stay_integers() -> None:
    real = pd.Series([*range(100), *[None] * 10], dtype="Int64")
    codec = KeyCodec.fit(real)
    fake = codec.decode(codec.encode(real), 0, 1)
    assert fake.dtype == "Int64"
    assert fake.isna().sum() == 10


def test_a_full_integer_type_says_what_to_do() -> None:
    real = np.random.default_rng(0).choice(50_000, 40, replace=False)
    codec = KeyCodec.fit(pd.Series(real, dtype="uint16"))
    assert codec.dtype == "uint16"
    with pytest.raises(DataError, match="declare the column as int64"):
        codec.decode(np.zeros(10, dtype=np.int64), 10**8, 0)


def test_fractions_and_unknown_codes_are_refused() -> None:
    with pytest.raises(DataError, match="declare it as a number"):
        KeyCodec.fit(pd.Series([0.5, 1.5], name="x"))
    codec = KeyCodec.fit(column("padded"))
    for code in (-1, codec.levels):
        with pytest.raises(DataError, match="run from 0 to"):
            codec.decode(np.array([code]), 0, 0)


def test_categories_and_objects_come_back_as_such() -> None:
    for dtype in ("category", "object", "str"):
        real = column("padded").astype(dtype)
        fake = draw(KeyCodec.fit(real), 20)
        assert fake.dtype == dtype or dtype == "category"
        assert str(fake.dtype) == str(real.dtype)


def test_repeated_identifiers_repeat_about_as_often() -> None:
    real = column("repeated", rows=5000)
    fake = KeyCodec.fit(real).decode(np.zeros(5000, dtype=np.int64), 0, 1)
    assert 0.8 < fake.nunique() / real.nunique() < 1.2


def test_uniqueness_holds_far_down_a_long_sample() -> None:
    for style in ("short codes", "names", "dense integers", "text"):
        real = column(style).drop_duplicates()
        codec = KeyCodec.fit(real)
        assert codec.unique
        starts = (0, 5000, 10**6, 10**9)
        codes = np.random.default_rng(0).integers(0, codec.templates, 4000)
        fake = pd.concat([codec.decode(codes, first, 1) for first in starts])
        assert fake.is_unique
        assert not set(fake) & set(real)


def test_values_shorter_or_longer_than_their_pattern_are_kept_away_from() -> None:
    dense = [str(i) for i in range(10_000)]
    odd = ["12345", "10x", "9" * 300, "Z" * 600]
    real = pd.Series([*dense, *odd])
    fake = draw(KeyCodec.fit(real), 50_000)
    assert fake.is_unique
    assert not set(fake) & set(real)


@given(st.integers(1, 5000), st.integers(0, 2**64 - 1))
def test_permute_is_a_permutation(size: int, key: int) -> None:
    result = permute(np.arange(size), np.full(size, size, dtype=np.uint64), np.uint64(key))
    assert sorted(result.tolist()) == list(range(size))


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
    codec = KeyCodec.fit(real)
    codec = KeyCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    codes = codec.encode(real)
    assert codes.max(initial=-1) < codec.levels
    fake = draw(codec, 300)
    blank = {t.skeleton for t in codec.patterns if t.level == "blank"}
    worded = fake[~fake.isin(blank)]
    assert not set(worded) & set(texts)
    assert worded.is_unique or not codec.unique
    assert all(texts.count(text) >= 5 and not any(map(str.isalnum, text)) for text in blank)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(-50, 300), max_size=200),
    st.sampled_from(["int64", "Int64", "object"]),
)
def test_any_integers_survive(numbers: list[int], dtype: str) -> None:
    codec = KeyCodec.fit(pd.Series(numbers, dtype=dtype))
    fake = draw(codec, 500)
    assert not set(fake) & set(numbers)
    assert fake.is_unique or not codec.unique


def test_speed_of_a_large_column_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    real = pd.Series([f"ID-{number:09d}" for number in range(3, 10**6, 10)])
    start = time.perf_counter()
    codec = KeyCodec.fit(real)
    fitted = time.perf_counter()
    codes = codec.encode(real)
    encoded = time.perf_counter()
    codec.decode(codes, 0, 0)
    with capsys.disabled():
        print(
            f"\nkey codec, {len(real)} rows: fit {fitted - start:.2f} s, encode "
            f"{encoded - fitted:.2f} s, decode {time.perf_counter() - encoded:.2f} s"
        )
