"""Small tables and a small trained model, for the tests that need one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import synth_dl
from synth_dl.data.reading import Table, read_table, table_from_frame
from synth_dl.data.writing import TableWriter

torch.set_num_threads(1)
pytest.register_assert_rewrite("image_exports")

SMALL = {"network__context": 16, "network__width": 16}


@pytest.fixture(scope="session")
def mixed() -> pd.DataFrame:
    """300 rows with a column of every kind, names that are hard to write, and missing cells."""
    return mixed_rows(300)


def mixed_rows(rows: int) -> pd.DataFrame:
    """The table of `mixed`, of any length."""
    rng = np.random.default_rng(5)
    age = rng.integers(18, 80, rows)
    frame = pd.DataFrame(
        {
            "age": age,
            "income": np.where(rng.random(rows) < 0.2 + (age > 50) * 0.5, ">50K", "<=50K"),
            "hours a week": np.round(rng.normal(40, 8, rows), 1),
            "weight.kg": rng.normal(70, 9, rows),
            "marital-status": rng.choice(["single", "married", "divorced"], rows),
            "sons": rng.integers(0, 4, rows),
            "smokes": rng.random(rows) < 0.3,
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
            "zip": [f"{value:05d}" for value in rng.integers(100, 99_999, rows)],
            "land": "Öland",
        }
    )
    frame["sons"] = frame["sons"].astype("Int64").mask(rng.random(rows) < 0.15)
    frame["marital-status"] = frame["marital-status"].mask(rng.random(rows) < 0.1)
    frame["nothing"] = np.nan
    return frame


@pytest.fixture(scope="session")
def synth(mixed: pd.DataFrame) -> synth_dl.Synthesizer:
    """A model of `mixed`, trained for a few steps."""
    return synth_dl.fit(mixed, progress=False, trainer__steps=20, **SMALL)


@pytest.fixture(scope="session")
def artifact(synth: synth_dl.Synthesizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the model of `mixed` is saved in; not to be changed."""
    folder = tmp_path_factory.mktemp("models") / "mixed"
    synth.save(folder)
    return folder


@pytest.fixture(scope="session")
def mixed_csv(mixed: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`mixed` as a CSV file."""
    path = tmp_path_factory.mktemp("tables") / "mixed.csv"
    table = table_from_frame(mixed)
    with TableWriter(path, table.schema) as writer:
        writer.write(table.frame)
    return path


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Table]:
    """Writes a file and reads it as a table."""

    def read(content: str | bytes, name: str = "table.csv", **options) -> Table:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **options)

    return read
