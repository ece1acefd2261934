"""Tables as codes: every kind of column there and back, and nothing of a single person kept."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_dl.codecs.columns import Place
from synth_dl.codecs.moment import MomentColumn
from synth_dl.codecs.schema import Column, Schema
from synth_dl.codecs.table import TableCodec
from synth_dl.data.typed import infer_schema, tidy_frame
from synth_dl.errors import DataError

MIN_COUNT = 5
PLACE = Place(first_row=0, seed=11)
Generator = np.random.Generator


def holed(values: pd.Series, generator: Generator, share: float = 0.2) -> pd.Series:
    """The values with some of them missing."""
    return values.mask(generator.random(len(values)) < share)


def moments(
    generator: Generator, rows: int, step: str, days: int = 900, unit: str = "us"
) -> pd.Series:
    """Moments of some years on a grid, in one of the units of pandas."""
    size = int(np.timedelta64(1, "D") / np.timedelta64(1, step))
    steps = generator.integers(-days * size // 3, days * size, rows)
    moved = steps.astype(f"timedelta64[{step}]") + np.datetime64("1970-01-01", step)
    return pd.Series(moved.astype(f"datetime64[{unit}]"))


def words(generator: Generator, rows: int, kinds: int) -> np.ndarray:
    """Strings of a skewed number of kinds."""
    return np.array([f"kind {k}" for k in (kinds * generator.random(rows) ** 2).astype(int)])


Maker = Callable[[Generator, int], pd.Series]
COLUMNS: dict[str, Maker] = {
    "int64": lambda g, n: pd.Series(g.integers(-50, 5000, n)),
    "int32": lambda g, n: pd.Series(g.poisson(4, n).astype(np.int32)),
    "uint8": lambda g, n: pd.Series(g.integers(0, 256, n).astype(np.uint8)),
    "int8": lambda g, n: pd.Series(g.integers(-128, 128, n).astype(np.int8)),
    "uint64": lambda g, n: pd.Series(g.integers(0, 2**64, n, dtype=np.uint64)),
    "Int64": lambda g, n: holed(pd.Series(g.geometric(0.01, n)).astype("Int64"), g),
    "UInt16": lambda g, n: holed(pd.Series(g.integers(0, 60000, n)).astype("UInt16"), g),
    "beyond 2**53": lambda g, n: pd.Series(2**60 + g.integers(0, 2000, n)),
    "beyond 2**53 with holes": lambda g, n: holed(
        pd.Series(-(2**61) + g.integers(0, 50, n)).astype("Int64"), g
    ),
    "thousands": lambda g, n: pd.Series(1000 * g.integers(-20, 900, n)),
    "normal": lambda g, n: pd.Series(g.standard_normal(n)),
    "float32": lambda g, n: holed(pd.Series(g.standard_normal(n).astype(np.float32)), g),
    "float16": lambda g, n: pd.Series(g.standard_normal(n).astype(np.float16)),
    "Float64": lambda g, n: holed(pd.Series(g.lognormal(2, 2, n)).astype("Float64"), g),
    "whole floats": lambda g, n: holed(pd.Series(g.integers(0, 300, n).astype(float)), g),
    "one decimal": lambda g, n: pd.Series(g.normal(37, 1, n).round(1)),
    "two decimals": lambda g, n: holed(pd.Series(g.gamma(2, 50, n).round(2)), g),
    "three decimals of float32": lambda g, n: pd.Series(g.random(n).round(3).astype(np.float32)),
    "four decimals": lambda g, n: pd.Series(g.normal(0, 3, n).round(4)),
    "spike and tail": lambda g, n: pd.Series(np.where(g.random(n) < 0.7, 0, g.pareto(1, n))),
    "bool": lambda g, n: pd.Series(g.random(n) < 0.3),
    "boolean": lambda g, n: holed(pd.Series(g.random(n) < 0.3).astype("boolean"), g),
    "str": lambda g, n: pd.Series(words(g, n, 7)),
    "str with holes": lambda g, n: holed(pd.Series(words(g, n, 7)), g),
    "string": lambda g, n: holed(pd.Series(words(g, n, 4)).astype("string"), g),
    "object": lambda g, n: pd.Series(words(g, n, 4)).astype("object"),
    "many words": lambda g, n: pd.Series(words(g, n, 500)),
    "category": lambda g, n: holed(pd.Series(words(g, n, 9)).astype("category"), g),
    "ordered": lambda g, n: pd.Series(
        pd.Categorical(words(g, n, 4), [f"kind {k}" for k in (2, 0, 1, 3, 9)], ordered=True)
    ),
    "coded": lambda g, n: pd.Series(g.integers(0, 5, n)).astype("category"),
    "coded and ordered": lambda g, n: pd.Series(
        pd.Categorical(g.integers(0, 400, n), range(400), ordered=True)
    ),
    "dates": lambda g, n: holed(moments(g, n, "D", unit="s"), g),
    "few dates": lambda g, n: moments(g, n, "D", days=30),
    "hours": lambda g, n: moments(g, n, "h", unit="ms"),
    "seconds": lambda g, n: holed(moments(g, n, "s", unit="s"), g),
    "milliseconds": lambda g, n: moments(g, n, "ms", unit="ns"),
    "nanoseconds": lambda g, n: moments(g, n, "ns", unit="ns"),
    "UTC": lambda g, n: holed(moments(g, n, "m").dt.tz_localize("UTC"), g),
    "offset": lambda g, n: moments(g, n, "h").dt.tz_localize("UTC+02:00"),
    "Kolkata": lambda g, n: moments(g, n, "s", unit="ns").dt.tz_localize("Asia/Kolkata"),
    "arrow dates": lambda g, n: moments(g, n, "D").astype("date32[day][pyarrow]"),
    "arrow moments": lambda g, n: moments(g, n, "s").astype("timestamp[us, tz=UTC][pyarrow]"),
    "arrow integers": lambda g, n: holed(
        pd.Series(g.integers(0, 90, n)).astype("int64[pyarrow]"), g
    ),
    "arrow floats": lambda g, n: holed(pd.Series(g.random(n)).astype("double[pyarrow]"), g),
    "arrow words": lambda g, n: holed(pd.Series(words(g, n, 5)).astype("string[pyarrow]"), g),
    "arrow booleans": lambda g, n: pd.Series(g.random(n) < 0.5).astype("bool[pyarrow]"),
    "constant word": lambda g, n: pd.Series(["x"] * n),
    "constant number": lambda g, n: pd.Series(np.full(n, 0.1, np.float32)),
    "constant category": lambda g, n: pd.Series(["x"] * n).astype("category"),
    "constant moment": lambda g, n: pd.Series(
        [pd.Timestamp("2024-02-29 12:30:00.5")] * n
    ).dt.tz_localize("Europe/Berlin"),
    "empty": lambda g, n: pd.Series(np.full(n, np.nan)),
    "empty words": lambda g, n: pd.Series([None] * n, dtype="str"),
    "empty category": lambda g, n: pd.Series(pd.Categorical([None] * n, ["a", "b"])),
    "empty moments": lambda g, n: pd.Series(np.full(n, np.datetime64("NaT", "us"))),
    "nearly empty": lambda g, n: holed(pd.Series(g.random(n)), g, 0.97),
    "key": lambda g, n: pd.Series([f"AB-{k:06d}" for k in g.permutation(900_000)[:n]]),
    "numbered": lambda g, n: pd.Series(np.arange(n)),
}


# Too many rows of these may lie on their own, or all be alike.
NOTHING_TO_LEARN = {name for name in COLUMNS if name.startswith(("constant", "empty", "nearly"))}
NOTHING_TO_LEARN |= {"many words", "coded and ordered", "spike and tail", "dates"}


def table(names: list[str], rows: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({name: COLUMNS[name](generator, rows) for name in names})


def coded(
    frame: pd.DataFrame, schema: Schema | None = None
) -> tuple[TableCodec, pd.DataFrame, np.ndarray]:
    """A codec of the frame, the frame as it sees it, and its codes with unknown ones filled in."""
    tidy = tidy_frame(frame)
    codec = TableCodec.fit(tidy, schema or infer_schema(frame, MIN_COUNT), min_count=MIN_COUNT)
    codes = codec.encode(tidy)
    return codec, tidy, np.where(codes < 0, 0, codes)


def decoded(codec: TableCodec, codes: np.ndarray, seed: int = 0) -> pd.DataFrame:
    uniform = np.random.default_rng(seed).random(codes.shape)
    return codec.decode(codes, uniform, PLACE)


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
    result = decoded(codec, codes)[name]
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
    elif kind == "key":
        assert not set(kept) & set(original.dropna())


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


# What no stored number may reach, since all that lies beyond was planted; dates count days.
FAR = {"int64": 1e4, "two decimals": 1e6, "normal": 10, "float32": 10, "coded": 10}
FAR |= {"dates": 4e4, "seconds": 4e4}
# A day and its time are drawn apart.
SLACK = dict.fromkeys(FAR, 0) | dict.fromkeys(("dates", "seconds"), pd.Timedelta(days=1))


def numbers_in(state: object) -> Iterator[float]:
    """All numbers in plain data."""
    if isinstance(state, dict):
        for value in state.values():
            yield from numbers_in(value)
    elif isinstance(state, list | tuple):
        for value in state:
            yield from numbers_in(value)
    elif isinstance(state, int | float):
        yield float(state)


@given(seed=st.integers(0, 2**31), rows=st.sampled_from([30, 120, 1500]))
@settings(max_examples=40, deadline=None)
def test_nothing_that_few_rows_hold_is_kept_or_sampled(seed: int, rows: int) -> None:
    generator = np.random.default_rng(seed)
    few = MIN_COUNT - 1
    names = ["int64", "two decimals", "normal", "str", "many words", "dates", "seconds", "key"]
    names += ["category", "ordered", "coded", "coded and ordered", "float32", "constant word"]
    frame = table([*names, "bool", "empty"], rows, seed)
    place = generator.permutation(rows)[:few]
    frame.loc[place, "int64"] = 987_654_321
    frame.loc[place, "two decimals"] = 987_654_321.25
    frame.loc[place, "normal"] = -987_654_321.5
    frame.loc[place, "float32"] = 987_654_336.0
    frame.loc[place, "str"] = "Rumpelstilzchen"
    frame.loc[place, "many words"] = "Rumpelstilzchen"
    frame.loc[place, "dates"] = pd.Timestamp("2187-06-05")
    frame.loc[place, "seconds"] = pd.Timestamp("2187-06-05 04:03:02")
    rare = pd.Series(frame["category"].astype("str")).mask(frame.index.isin(place), "Rumpelstilz")
    frame["category"] = pd.Categorical(rare, [*sorted(set(rare.dropna())), "unused Rumpelstilz"])
    levels = [*frame["ordered"].cat.categories, "Rumpelstilz", "unused Rumpelstilz"]
    rare = frame["ordered"].astype("str").mask(frame.index.isin(place), "Rumpelstilz")
    frame["ordered"] = pd.Categorical(rare, levels, ordered=True)
    codes = frame["coded"].astype("int64").mask(frame.index.isin(place), 987_654_321)
    frame["coded"] = pd.Categorical(codes, [*range(5), 987_654_321, 987_654_999])
    codec, tidy, filled = coded(frame)
    state = codec.to_dict()
    text = json.dumps(state) + repr(codec.spec)
    text += json.dumps([column.describe() for column in codec.columns])
    assert "Rumpel" not in text
    states = dict(zip(codec.schema.names, state["columns"], strict=True))
    for name, limit in FAR.items():
        held = states[name]["day"] if name in ("dates", "seconds") else states[name]
        assert np.abs(list(numbers_in(held))).max(initial=0) < limit
    for name, kept in zip(codec.schema.names, codec.schema.columns, strict=True):
        for level in kept.levels or ():
            assert (frame[name] == level).sum() >= MIN_COUNT
    # Codes of a bin hold at least so many rows, and no number is far from the other rows.
    sampled, others = decoded(codec, filled, seed), frame.drop(index=place)
    for name in ("str", "many words", "category", "ordered", "coded"):
        if codec.schema.column(name).type == "category":  # and not read as a key
            assert set(sampled[name].dropna()) <= set(others[name].dropna())
    for name in ("int64", "two decimals", "normal", "float32", "dates", "seconds"):
        assert not (sampled[name] > others[name].max() + SLACK[name]).any()
        assert not (sampled[name] < others[name].min() - SLACK[name]).any()
    assert (codec.encode(tidy).max(0) < [v.levels for v in codec.spec.variables]).all()


@pytest.mark.parametrize("rows", [14, 22, 40, 300])
def test_one_outlier_leaves_no_trace_of_its_size(rows: int) -> None:
    generator = np.random.default_rng(rows)
    frame = table(["int64", "normal", "two decimals", "dates"], rows, 1)
    frame["b"] = generator.random(rows) < 0.5
    states = []
    for outlier in (1e6, 1e12):
        frame.loc[3, "int64"] = int(outlier)
        frame.loc[3, "normal"] = outlier + 0.125
        frame.loc[3, "two decimals"] = outlier + 0.25
        frame.loc[3, "dates"] = pd.Timestamp("2187-01-01" if outlier < 1e9 else "2245-01-01")
        states.append(coded(frame)[0].to_dict())
    assert states[0]["columns"] == states[1]["columns"]


def test_a_constant_that_is_declared_but_not_true_is_the_value_of_enough_rows() -> None:
    frame = pd.DataFrame({"a": ["one", *["two"] * 9], "b": [0, 1] * 5})
    schema = Schema((Column("a", "constant", "str"), Column("b", "number", "int64", decimals=0)))
    codec, _, codes = coded(frame, schema)
    assert "one" not in json.dumps(codec.to_dict())
    assert decoded(codec, codes)["a"].tolist() == ["two"] * 10


def test_levels_that_no_one_holds_are_dropped_even_if_none_is_left() -> None:
    frame = pd.DataFrame({"a": list("abcdefghij"), "b": [0, 1] * 5})
    a = Column("a", "category", "str", ordered=True, levels=tuple("jihgfedcba"))
    schema = Schema((a, Column("b", "number", "int64", decimals=0)))
    codec, _, codes = coded(frame, schema)
    assert codec.schema.column("a").levels is None
    again = TableCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    assert decoded(again, codes)["a"].isna().all()


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
