"""Identifiers and quantities in text: what is drawn is possible, and written as it was read."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.reading.table import Table

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from formats import FORMATS, faults, read, table, written

ROWS = 400


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return table(ROWS)


@pytest.fixture(scope="module")
def read_csv(real: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """The table as it is read from a CSV file."""
    return read(real, "csv", tmp_path_factory.mktemp("formats"))


def drawn(codec: TableCodec, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows whose numbers are those of the table, each drawn by itself within its form."""
    rng = np.random.default_rng(1)
    codes = codec.encode(frame)
    result = np.zeros_like(codes)
    for index in range(len(codec.columns)):
        slots = codec.slots(index)
        assert slots, codec.schema.names[index]
        known = codes[(codes[:, slots] >= 0).all(1)][:, slots]
        own = known[rng.integers(0, len(known), len(frame))]
        for place in range(1, len(slots)):
            if codec.spec.variables[slots[place]].parent is None:
                for form in np.unique(own[:, 0]):
                    rows, pool = own[:, 0] == form, known[known[:, 0] == form]
                    fresh = pool[rng.integers(0, len(pool), rows.sum())]
                    own[rows, place:] = fresh[:, place:]
        result[:, slots] = own
    return codec.decode(result, rng.random(result.shape), Place(0, 3))


@pytest.mark.parametrize("way", ["csv", "frame"])
def test_all_formats_stay_possible(
    real: pd.DataFrame, read_csv: Table, way: str, tmp_path: Path
) -> None:
    found = read_csv if way == "csv" else read(real, way, tmp_path)
    codec = TableCodec.fit(found.frame, found.schema)
    codec = TableCodec.from_dict(codec.to_dict())
    assert faults(real, written(drawn(codec, found.frame), codec.schema, tmp_path)) == {}


def test_all_formats_are_written_as_they_were_read(
    real: pd.DataFrame, read_csv: Table, tmp_path: Path
) -> None:
    again = written(read_csv.frame, read_csv.schema, tmp_path)
    altered = {f.name for f in FORMATS if not again[f.name].equals(real[f.name].astype("str"))}
    said = {f.name for f in FORMATS if any(f"{f.name!r}: " in note for note in read_csv.notes)}
    assert altered <= said
    assert altered <= {"zone", "plus", "degrees"}  # offsets from UTC differ; minus nought


def test_quantities_are_numbers(real: pd.DataFrame, read_csv: Table) -> None:
    for entry in FORMATS:
        if entry.quantity is not None:
            assert read_csv.schema.column(entry.name).type == "number"
            cells = real[entry.name].map(entry.quantity)
            assert np.allclose(read_csv.frame[entry.name], cells)
