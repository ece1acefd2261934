"""Probabilities of the autoregressive model in the units of a table."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import chisquare
from untrained import model_of, uniforms

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.schema import Column, Schema

torch.set_num_threads(1)


def fixed_precision_table(rows: int = 12_000) -> tuple[pd.DataFrame, TableCodec]:
    """A skewed integer with atoms and refined bins, a category, and one decimal with missing."""
    generator = np.random.default_rng(0)
    number = np.where(generator.random(rows) < 0.5, 7, generator.integers(0, 180, rows))
    decimal = pd.Series((generator.gamma(2, 1, rows)).round(1)).mask(generator.random(rows) < 0.1)
    frame = pd.DataFrame(
        {
            "number": number,
            "word": generator.choice(["a", "b"], rows),
            "decimal": decimal,
        }
    )
    schema = Schema(
        (
            Column("number", "number", "int64", decimals=0),
            Column("word", "category", "str"),
            Column("decimal", "number", "float64", decimals=1),
        )
    )
    return frame, TableCodec.fit(frame, schema)


def test_masses_of_all_rows_of_a_table_sum_to_one_in_data_units() -> None:
    frame, codec = fixed_precision_table()
    assert any(variable.parent is not None for variable in codec.spec.variables)
    values = [np.arange(180), ["a", "b"], [None, *np.arange(0, 200) / 10]]
    table = pd.DataFrame(list(product(*values)), columns=list(frame)).astype({"decimal": float})
    codes = codec.encode(table)
    inside = (codes >= 0).all(1)
    for index in (0, 2):
        inside &= codec.columns[index].inside(table[codec.schema.names[index]])
    model = model_of(codec.spec, 13)
    with torch.no_grad():
        nats = model.log_prob(torch.from_numpy(codes[inside].astype(np.int64))).sum(1).double()
    mass = np.exp(nats.numpy() - codec.log_measure(codes[inside]))
    assert mass.sum() == pytest.approx(1, abs=1e-4)


def test_sampled_rows_are_as_frequent_as_their_mass_says() -> None:
    frame, codec = fixed_precision_table()
    model, rows = model_of(codec.spec, 14, 0.5), 100_000
    drawn = model.sample(torch.full((rows, len(codec.spec)), -1), uniforms(rows, codec.spec, 6))
    inner = np.random.default_rng(1).random((rows, len(codec.spec)))
    sample = codec.decode(drawn.numpy(), inner, Place(0, 0))
    assert (sample.dtypes == frame.dtypes).all()
    observed = sample["number"].value_counts().reindex(np.arange(180), fill_value=0)
    # The first column stands alone, so its mass is that of its own codes.
    table = pd.DataFrame({"number": np.arange(180)})
    codes = codec.encode(table).astype(np.int64)
    with torch.no_grad():
        nats = model.log_prob(torch.from_numpy(codes)).sum(1).double().numpy()
    mass = np.exp(nats - codec.log_measure(codes)) * codec.columns[0].inside(table["number"])
    likely = mass * rows > 5
    assert (observed[mass == 0] == 0).all()
    assert mass.sum() == pytest.approx(1, abs=1e-5)
    expected = np.append(mass[likely], mass[~likely].sum()) * rows + 1e-9
    found = np.append(observed[likely], observed[~likely].sum())
    kept = expected > 1
    ratio = found[kept].sum() / expected[kept].sum()
    assert chisquare(found[kept], expected[kept] * ratio).pvalue > 1e-3


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_density_of_a_continuous_column_integrates_to_one(dtype: str) -> None:
    generator = np.random.default_rng(2)
    values = np.where(generator.random(3000) < 0.2, 0.0, generator.normal(1, 2, 3000))
    frame = pd.DataFrame({"x": values.astype(dtype)})
    codec = TableCodec.fit(frame, Schema((Column("x", "number", dtype),)))
    model = model_of(codec.spec, 15)
    inner = codec.columns[0]

    def nats(points: np.ndarray) -> np.ndarray:
        table = pd.DataFrame({"x": points.astype(dtype)})
        codes = codec.encode(table).astype(np.int64)
        with torch.no_grad():
            found = model.log_prob(torch.from_numpy(codes)).sum(1).double().numpy()
        return np.where(inner.inside(table["x"]), np.exp(found - codec.log_measure(codes)), 0)

    atom = nats(np.zeros(1))[0]
    assert 0 < atom < 1
    grid = np.linspace(-12, 14, 400_001)
    grid = grid[np.abs(grid) > 1e-9]
    integral = np.trapezoid(nats(grid), grid)
    assert atom + integral == pytest.approx(1, abs=2e-3)
