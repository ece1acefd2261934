"""Codecs keep nothing that only few rows hold."""

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_columns import MIN_COUNT, coded, decoded, table

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.schema import Column, Schema

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
@settings(max_examples=20, deadline=None)
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
    frame = table(["int64", "normal", "two decimals", "dates"], rows, 1)
    frame["b"] = np.arange(rows) % 2 == 0
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
