"""Tables as codes: every kind of column there and back."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_columns import COLUMNS, MIN_COUNT, coded, decoded, presented_rows, table

from synth_dl.errors import DataError
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.reading.tidy import tidy_frame

# Too many rows of these may lie on their own, or all be alike.
NOTHING_TO_LEARN = {name for name in COLUMNS if name.startswith(("constant", "empty", "nearly"))}
NOTHING_TO_LEARN |= {"many words", "coded and ordered", "spike and tail", "dates"}


def decimals_of(values: pd.Series) -> int | None:
    """Digits after the point that some floats need, at most 6."""
    floats = values.dropna().to_numpy(dtype=np.float64)
    return next((d for d in range(7) if np.allclose(floats, floats.round(d), 1e-6, 1e-9)), None)


@given(
    names=st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=5, unique=True),
    rows=st.integers(6, 80) | st.sampled_from([400, 2500]),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=120, deadline=None)
def test_a_table_of_any_columns_survives_encoding_and_decoding(
    names: list[str], rows: int, seed: int
) -> None:
    frame = table(names, rows, seed)
    try:
        codec, _, codes = coded(frame)
    except DataError:
        assert rows < 5 * MIN_COUNT or not set(names) - NOTHING_TO_LEARN
        return
    result = decoded(codec, codes, seed)
    assert list(result.columns) == names
    again = codec.encode(tidy_frame(result))
    unstable = [
        codec.schema.names[variable.column]
        for variable, one, two in zip(codec.spec.variables, codes.T, again.T, strict=True)
        # A fresh key is of the same kind, but need not follow the same pattern.
        if codec.schema.columns[variable.column].type != "key" and (one != two).any()
    ]
    assert not unstable
    assert len(result) == rows
    assert codes.max(initial=0) < max(variable.levels for variable in codec.spec.variables)


@pytest.mark.parametrize("name", list(COLUMNS))
@pytest.mark.parametrize("rows", [6, 13, 40, 2000])
def test_a_column_of_any_kind_keeps_its_type_and_its_values(name: str, rows: int) -> None:
    frame = pd.DataFrame({name: COLUMNS[name](np.random.default_rng(rows), rows), "b": [1] * rows})
    frame["b"] = np.arange(rows) % 2 == 0  # so that something can always be learnt
    if rows < 2 * MIN_COUNT:
        frame["b"] = pd.Series(["same", "odd"] + ["same"] * (rows - 2))
    codec, tidy, codes = coded(frame)
    result = presented_rows(decoded(codec, codes), codec)[name]
    original = frame[name]
    if rows == 2000:
        assert str(result.dtype) == str(original.dtype)
    assert result.isna().sum() == 0 or original.isna().any() or rows < 2000
    known = codec.encode(tidy)[:, codec.slots(0)]
    kept = result[(known >= 0).all(1)].dropna()
    kind = codec.schema.columns[0].type
    if kind in ("category", "boolean", "constant"):
        expected = original.loc[kept.index]
        assert kept.astype("object").tolist() == expected.astype("object").tolist()
    elif kind == "number" and len(kept):
        assert original.min() <= kept.min() <= kept.max() <= original.max()
        needed = decimals_of(original)
        if needed is not None and codec.schema.columns[0].decimals is not None:
            assert (decimals_of(kept) or 0) <= needed
        if name == "thousands":
            assert (kept % 1000 == 0).all()
    elif kind == "datetime" and len(kept):
        assert original.min() <= kept.min() + pd.Timedelta(days=1)
        assert kept.max() - pd.Timedelta(days=1) <= original.max()
    elif kind == "key" and original.dropna().is_unique:
        assert kept.is_unique


@pytest.mark.parametrize("name", ["int32", "uint8", "one decimal", "beyond 2**53 with holes"])
def test_exact_values_come_back_exactly(name: str) -> None:
    frame = pd.DataFrame({name: COLUMNS[name](np.random.default_rng(4), 2000)})
    codec, tidy, codes = coded(frame)
    result = decoded(codec, codes)[name]
    counts = frame[name].value_counts()
    if len(counts) > 128:
        counts = counts[counts >= 0.004 * len(frame)]
    frequent = frame[name].isin(counts.index[counts >= MIN_COUNT])
    assert frequent.sum() > 500
    assert result[frequent].tolist() == frame[name][frequent].tolist()
    assert (codec.encode(tidy)[frequent] >= 0).all()


def test_a_split_category_gives_each_word_its_own_pair_of_codes() -> None:
    frame = pd.DataFrame({"many words": COLUMNS["many words"](np.random.default_rng(1), 20_000)})
    codec, tidy, _ = coded(frame)
    coarse, fine = codec.spec.variables
    assert (fine.parent, coarse.ordered, fine.ordered) == (0, False, False)
    assert fine.children is not None
    assert len(fine.children) == coarse.levels
    codes = codec.encode(tidy)
    known = (codes >= 0).all(1)
    assert known.mean() > 0.99
    pairs = pd.DataFrame(codes[known]).assign(word=frame["many words"][known].to_numpy())
    assert len(pairs.drop_duplicates()) == pairs["word"].nunique() > 300
    assert (codes[known, 1] < np.array(fine.children)[codes[known, 0]]).all()
    assert decoded(codec, codes[known])["many words"].tolist() == pairs["word"].tolist()


@pytest.mark.parametrize("rows", [60, 2500])
def test_a_codec_read_back_from_json_does_the_same(rows: int) -> None:
    frame = table(list(COLUMNS), rows, 5)
    codec, tidy, codes = coded(frame)
    again = TableCodec.from_dict(json.loads(json.dumps(codec.to_dict(), allow_nan=False)))
    np.testing.assert_array_equal(codec.encode(tidy), again.encode(tidy))
    pd.testing.assert_frame_equal(decoded(codec, codes), decoded(again, codes))
    np.testing.assert_array_equal(codec.log_measure(codes), again.log_measure(codes))
    assert repr(codec.spec) == repr(again.spec)
    assert codec.missing_codes() == again.missing_codes()
    assert again.to_dict() == codec.to_dict()


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_fewer_rows_than_the_least_count_are_refused_in_a_sentence(rows: int) -> None:
    frame = table(["two decimals", "dates", "bool", "constant word"], rows, 0)
    with pytest.raises(DataError, match=r"give more rows or lower data\.min_count"):
        coded(frame)


def test_cells_without_a_code_are_unknown_and_other_columns_are_not() -> None:
    frame = pd.DataFrame({"a": ["x"] * 20 + ["y"] * 20, "b": np.arange(40) % 3})
    codec, _, _ = coded(frame)
    strange = pd.DataFrame({"b": [1, 1], "a": ["x", "never seen"]})
    assert codec.encode(strange).tolist() == [[0, 1], [-1, 1]]
    assert codec.encode(strange[["b"]])[:, 0].tolist() == [-1, -1]


@pytest.mark.parametrize("name", ["int64", "uint8", "two decimals", "float32", "normal"])
@pytest.mark.filterwarnings("error")
def test_values_far_beyond_the_training_range_still_have_codes(name: str) -> None:
    frame = pd.DataFrame({name: COLUMNS[name](np.random.default_rng(0), 2000)})
    codec, _, _ = coded(frame)
    far = pd.DataFrame({name: [-1e300, 1e300, -1e17, 1e17]})
    codes = codec.encode(far)[:, 0]
    assert codes[0] == codes[2] < codes[1] == codes[3]


def test_an_ordered_category_keeps_the_order_of_its_levels() -> None:
    frame = pd.DataFrame({"ordered": COLUMNS["ordered"](np.random.default_rng(0), 500)})
    codec, tidy, codes = coded(frame)
    result = decoded(codec, codes)["ordered"]
    assert result.cat.ordered
    assert list(result.cat.categories) == [f"kind {k}" for k in (2, 0, 1, 3)]
    assert codec.encode(tidy)[:, 0].tolist() == result.cat.codes.tolist()
    assert codec.spec.variables[0].ordered


def test_a_moment_with_a_time_of_day_is_a_day_and_a_clock() -> None:
    frame = pd.DataFrame({"seconds": COLUMNS["seconds"](np.random.default_rng(0), 6000)})
    codec, _, _ = coded(frame)
    inner = codec.columns[0]
    assert isinstance(inner, MomentColumn)
    assert inner.unit == "s"
    names = [variable.name for variable in codec.spec.variables]
    assert names == ["seconds", "seconds (fine)", "seconds (time)", "seconds (time) (fine)"]
    assert [variable.parent for variable in codec.spec.variables] == [None, 0, None, 2]
    strange = pd.Series(pd.to_datetime(["1500-01-01 00:00:01", None, "1970-06-01 07:08:09"]))
    assert inner.inside(strange.astype("datetime64[s]")).tolist() == [False, True, True]


def test_the_volume_of_a_row_is_the_product_of_its_cells() -> None:
    frame = table(["uint8", "seconds", "normal", "str"], 2000, 0)
    codec, tidy, _ = coded(frame)
    codes = codec.encode(tidy)
    whole = codec.log_measure(codes)
    parts = np.zeros(len(codes))
    for column in range(4):
        own = np.full_like(codes, -1)
        own[:, codec.slots(column)] = codes[:, codec.slots(column)]
        parts += codec.log_measure(own)
    np.testing.assert_allclose(whole, parts)
    assert (codec.log_measure(np.full_like(codes, -1)) == 0).all()
    missing = frame["seconds"].isna().to_numpy()
    own = np.full_like(codes, -1)
    own[:, codec.slots(1)] = codes[:, codec.slots(1)]
    assert (codec.log_measure(own)[missing] == 0).all()
    assert (codec.log_measure(own)[~missing] > 0).all()
