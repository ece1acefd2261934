"""Columns come back in the dtype that they were learnt in, drawn, fixed and given."""

import pandas as pd
import pytest
import torch

import synth_dl

torch.set_num_threads(1)

DTYPES = {
    "int8": pd.Series([1, 2, 3], dtype="int8"),
    "arrow": pd.Series([1, 2, 3], dtype="int64[pyarrow]"),
    "float32": pd.Series([0.5, 1.5, 2.25], dtype="float32"),
    "arrow text": pd.Series(["x", "y", "z"], dtype="string[pyarrow]"),
    "object": pd.Series(["x", "y", "z"], dtype="object"),
    "category": pd.Series(["x", "y", "z"], dtype="category"),
    "ordered": pd.Series(pd.Categorical(["x", "y", "z"], ["z", "y", "x"], ordered=True)),
    "numbers as categories": pd.Series([1, 2, 3], dtype="category"),
    "nullable": pd.Series([True, False, True], dtype="boolean"),
    "arrow flag": pd.Series([True, False, True], dtype="bool[pyarrow]"),
    "zone": pd.Series(pd.date_range("2020-01-01", periods=3, tz="Europe/Vienna")),
    "arrow date": pd.Series(pd.date_range("2020-01-01", periods=3)).astype("date32[pyarrow]"),
}


@pytest.fixture(scope="module")
def typed() -> tuple[pd.DataFrame, synth_dl.Synthesizer]:
    """A table of many dtypes and its model."""
    frame = pd.concat([pd.DataFrame(DTYPES)] * 20, ignore_index=True)
    options = {"network__context": 16, "network__width": 16, "trainer__steps": 20}
    return frame, synth_dl.fit(frame, progress=False, **options)


@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype_comes_back_drawn_fixed_and_given(
    typed: tuple[pd.DataFrame, synth_dl.Synthesizer], name: str
) -> None:
    frame, synth = typed
    drawn = synth.sample(30)[name]
    assert drawn.dtype == frame[name].dtype
    assert set(drawn) <= set(frame[name])
    value = frame[name].iloc[1]
    for written in (value, str(value)):
        fixed = synth.sample(5, where={name: written})[name]
        assert list(fixed) == [value] * 5
        assert fixed.dtype == frame[name].dtype
    given = frame.head(6).copy()
    given.loc[3:, name] = None
    completed = synth.sample(given=given)[name]
    assert completed.dtype == frame[name].dtype
    assert list(completed)[:3] == list(frame[name])[:3]
    assert completed.notna().all()
    blank = synth.sample(4, where={name: None})[name]
    assert blank.isna().all()
