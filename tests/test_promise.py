"""Nothing in an artifact rests on few rows: tables that differ in a few give artifacts alike."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.artifact import write_artifact
from synth_dl.checks.__main__ import main
from synth_dl.checks.models import table_model
from synth_dl.checks.promise import broken_promises
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.data import fit_codec
from synth_dl.tables.reading.table import read_table
from synth_dl.tables.schema import Column, Schema

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from neighbours import WAYS, codec_of, pair_of, told_apart


def test_tables_that_differ_in_a_few_rows_are_not_told_apart(fuzz_seeds: range) -> None:
    for seed in fuzz_seeds:
        way = list(WAYS)[seed % 100 % len(WAYS)]
        pair = pair_of(seed)
        assert told_apart(pair, way) is None, f"{way}, {pair.name}"


def test_nothing_that_few_rows_hold_stands_in_the_artifact(
    tmp_path: Path, fuzz_seeds: range
) -> None:
    for seed in fuzz_seeds[::2]:
        pair = pair_of(seed)
        codec = codec_of(pair.odd, "CSV")
        if codec is not None:
            pair.odd.to_csv(tmp_path / "odd.csv", index=False)
            assert list(broken_promises(codec, tmp_path / "odd.csv")) == [], pair.name


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = 200
    g = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "n": g.integers(0, 90, rows).astype(str).astype(object),
            "x": g.normal(size=rows).round(2),
            "colour": g.choice(["red", "green"], rows),
        }
    )
    frame.loc[3, "n"] = "X9999"
    frame.loc[4, "x"] = 0.12345
    frame.loc[5, "colour"] = "mauve"
    frame.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def test_odd_cells_are_read_as_missing_or_rounded_and_said(table: Path) -> None:
    read = read_table(table)
    assert [column.dtype for column in read.schema.columns] == ["int64", "float64", "str"]
    assert read.schema.column("x").decimals == 2
    assert read.frame["n"].isna().sum() == 1
    assert "1 cells among its numbers are read as missing: 'X9999'" in read.notes[0]
    assert "1 cells have more digits than others and are rounded to 2" in read.notes[1]
    assert "mauve" not in json.dumps(fit_codec(read, 5).to_dict())


def test_what_is_declared_is_kept(table: Path) -> None:
    schema = Schema(
        (
            Column("n", "category", "str"),
            Column("x", "number", "float64", decimals=5),
            Column("colour", "category", "str"),
        )
    )
    read = read_table(table, schema=schema)
    assert read.frame["n"].iloc[3] == "X9999"
    assert read.frame["x"].iloc[4] == 0.12345
    assert read.schema.column("x").decimals == 5


def test_entries_of_few_rows_are_found(table: Path) -> None:
    """An artifact as an earlier version wrote it."""
    strict = read_table(table, min_count=1)
    codec = TableCodec.fit(strict.frame, strict.schema, min_count=1)
    state = {**codec.to_dict(), "min_count": 5}
    found = list(broken_promises(TableCodec.from_dict(state), table))
    entries = {(each.place.split(" ")[-1], each.entry, each.rows) for each in found}
    assert ("(n).type", "'category'", None) in entries or ("(n).type", "'key'", None) in entries
    assert ("(x).decimals", "5", None) in entries
    assert any(entry == "'mauve'" and rows == 1 for _, entry, rows in entries)


def test_the_command_says_what_few_rows_share(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")

    for min_count, status in ((5, 0), (1, 1)):
        read = read_table(table, min_count=min_count)
        codec = TableCodec.fit(read.frame, read.schema, min_count=min_count)
        codec = TableCodec.from_dict({**codec.to_dict(), "min_count": 5})
        groups = {
            "model": {"_target_": "synth_dl.models.autoregressive.Autoregressive"},
            "likelihood": {"_target_": "synth_dl.likelihoods.categorical.Categorical"},
            "network": {
                "_target_": "synth_dl.networks.conditionals.Conditionals",
                **{"context": 12, "width": 10, "blocks": 2, "embedding": 4},
            },
        }
        folder = tmp_path / str(min_count)
        write_artifact(folder, table_model(codec.spec), groups, codec, {})
        assert main([f"artifact={folder}", f"real={table}"]) == status
        said = capsys.readouterr().out
        assert ("nothing in it rests on fewer than 5 rows" in said) == (status == 0)
        assert ("'mauve'" in said) == (status == 1)


def test_odd_cells_that_are_a_part_of_a_pattern_or_of_another_kind_are_none_of_few_rows(
    tmp_path: Path,
) -> None:
    """A dash that all codes hold, and a price among numbers."""
    rows = [f"AB-{k:05d},{k % 9}" for k in range(200)]
    rows[7], rows[8] = "-,3", "AB-99999,$5"
    (tmp_path / "t.csv").write_text("\n".join(["code,n", *rows]) + "\n")
    codec = fit_codec(read_table(tmp_path / "t.csv"), 5)
    assert list(broken_promises(codec, tmp_path / "t.csv")) == []
