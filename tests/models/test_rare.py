"""Rare values: how they are found and drawn, and what a model says when it is given one."""

import logging

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

import synth_dl
from synth_dl.models.rare import RareRows, columns_seldom_seen, seldom_seen, values_of
from synth_dl.noise import generator_for
from synth_dl.spec import Grid, Spec, Variable

torch.set_num_threads(1)

# A category, one with a coarse and a fine code, and a number with atoms.
SPEC = Spec(
    (
        Variable("a", 3, 0),
        Variable("b", 2, 1),
        Variable("b (fine)", 2, 1, parent=1, children=(2, 1)),
        Variable("n", 3, 2, True, ranks=(0.2, 0.6, 0.9), widths=(0.4, 0.4, 0.2)),
    ),
    ("a", "b", "n"),
)


def records() -> Tensor:
    """[3000, 4]: 30 with the last code of `a`, 60 with the last of `b`; `n` is even."""
    codes = torch.zeros(3000, 4, dtype=torch.long)
    codes[:, 0] = torch.arange(3000) % 2
    codes[:30, 0] = 2
    codes[:, 2] = torch.arange(3000) // 2 % 2
    codes[1000:1060, 1:3] = torch.tensor([1, 0])
    codes[:, 3] = torch.arange(3000) % 3
    return codes


def test_rare_values_are_drawn_evenly_and_others_never() -> None:
    codes = records()
    codes[:5] = -1
    rare = RareRows(SPEC, codes)
    assert len(rare) == 85
    drawn, chosen = rare.draw(20_000, generator_for(1))
    by_a, by_b = chosen[:, 0], chosen[:, 1]
    assert torch.equal(by_a, ~by_b)
    assert torch.equal(chosen[:, 1], chosen[:, 2])
    assert not chosen[:, 3].any()
    assert by_a.float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert (drawn[by_a, 0] == 2).all()
    assert (drawn[by_b, 1] == 1).all()
    assert torch.equal(rare.draw(9, generator_for(2))[0], rare.draw(9, generator_for(2))[0])


def test_columns_can_be_left_out_and_pixels_are_never_rare() -> None:
    drawn, chosen = RareRows(SPEC, records(), [1]).draw(50, generator_for(1))
    assert (drawn[:, 1] == 1).all()
    assert not chosen[:, 0].any()
    assert not len(RareRows(SPEC, records(), [2]))
    images = Spec((Variable("class", 2, 0),), ("class",), Grid(1, 2, 1, 4))
    codes = torch.zeros(100, 3, dtype=torch.long)
    codes[:9, 0] = 1
    _, chosen = RareRows(images, codes).draw(4, generator_for(1))
    assert chosen.tolist() == [[True, False, False]] * 4


def test_what_few_records_have_is_known_by_its_code() -> None:
    codes = records()[15:]
    assert values_of(SPEC, codes, 1).unique().tolist() == [0, 1, 2]
    seldom = seldom_seen(SPEC, codes)
    assert seldom == {"a": [2]}
    known = torch.tensor([[2, -1, -1, -1]])
    assert columns_seldom_seen(SPEC, known, seldom) == ["a"]
    assert columns_seldom_seen(SPEC, torch.tensor([[0, 1, 0, 0]]), seldom) == []


def table(rows: int, fraud: int, seed: int = 0) -> pd.DataFrame:
    """A number that follows from a rare value in the last column, and one that does not."""
    rng = np.random.default_rng(seed)
    rare = np.zeros(rows, bool)
    rare[rng.choice(rows, fraud, replace=False)] = True
    x = rng.normal(size=rows) + 4 * rare
    names = np.where(rare, "fraud", "fine")
    return pd.DataFrame({"x": x, "z": rng.normal(size=rows), "y": names})


def test_a_rare_value_is_answered_with_the_rows_that_have_it() -> None:
    frame = table(2500, 30)
    synth = synth_dl.fit(frame, progress=False)
    real = float(frame.loc[frame["y"] == "fraud", "x"].mean())
    assert synth.sample(1000, where={"y": "fraud"})["x"].mean() > 0.87 * real
    assert abs(synth.sample(1000, where={"y": "fine"})["x"].mean()) < 0.15
    share = (synth.sample(20_000)["y"] == "fraud").mean()
    assert 0.5 < share / 0.012 < 1.5


@pytest.mark.parametrize("model", ["autoregressive", "vae", "gan"])
def test_a_condition_of_few_rows_is_spoken_of(model: str, caplog: pytest.LogCaptureFixture) -> None:
    frame = table(500, 12)
    frame["k"] = np.where(frame.index % 50 == 3, 77, frame.index % 7)
    synth = synth_dl.fit(frame, model=model, progress=False, trainer__steps=20)
    with caplog.at_level(logging.WARNING):
        synth.sample(5, where={"y": "fine", "k": 3})
        assert "fewer than 20" not in caplog.text
        synth.sample(5, where={"y": "fraud"})
        assert "y: fewer than 20 training records have the given value" in caplog.text
        caplog.clear()
        synth.sample(given=pd.DataFrame({"y": ["fine", "fraud"], "k": [77, 3]}))
        assert "y, k: fewer than 20" in caplog.text
