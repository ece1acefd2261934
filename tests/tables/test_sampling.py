"""Same seed, same rows; conditions; and files that are whole or not there."""

import re
import resource
import signal
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from pandas.testing import assert_frame_equal, assert_series_equal

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.drawing import CHUNK

ROWS = 2 * CHUNK + 300


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence of a failed command."""
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_the_same_seed_gives_the_same_rows_however_they_are_asked_for(
    artifact: Path, folder: Path
) -> None:
    common = [f"artifact={artifact}", f"n={ROWS}", "seed=7"]
    assert sample([*common, "out=whole.csv"]) == 0
    assert sample([*common, "out=small.csv", "batch_size=1"]) == 0
    cuts = [0, 1, CHUNK - 1, CHUNK + 5, 2 * CHUNK, ROWS]
    parts = b""
    for first, last in pairwise(cuts):
        assert sample([*common, f"rows={first}:{last}", "out=part.csv", "overwrite=true"]) == 0
        part = Path("part.csv").read_bytes()
        parts += part if not parts else part.split(b"\n", 1)[1]
    whole = Path("whole.csv").read_bytes()
    assert Path("small.csv").read_bytes() == whole
    assert parts == whole
    assert sample([f"artifact={artifact}", f"n={CHUNK}", "seed=7", "out=fewer.csv"]) == 0
    assert whole.startswith(Path("fewer.csv").read_bytes())
    assert sample([f"artifact={artifact}", f"n={ROWS}", "seed=8", "out=other.csv"]) == 0
    assert Path("other.csv").read_bytes() != whole
    assert sample([*common, "out=whole.parquet", "batch_size=2048"]) == 0
    assert pq.ParquetFile("whole.parquet").num_row_groups == 3
    assert_frame_equal(
        pd.read_parquet("whole.parquet"), synth_dl.load(artifact).sample(ROWS, seed=7)
    )


def test_rows_do_not_depend_on_the_number_of_threads(synth: synth_dl.Synthesizer) -> None:
    torch.set_num_threads(2)
    try:
        two = synth.sample(500, seed=1)
    finally:
        torch.set_num_threads(1)
    one = synth.sample(500, seed=1)
    equal = (one == two) | (one.isna() & two.isna())
    assert equal.mean().mean() > 0.99


def test_types_and_order_come_back(synth: synth_dl.Synthesizer, mixed: pd.DataFrame) -> None:
    fake = synth.sample(ROWS)
    assert list(fake.columns) == list(mixed.columns)
    assert [str(dtype) for dtype in fake.dtypes] == [str(dtype) for dtype in mixed.dtypes]
    assert fake["nothing"].isna().all()
    assert (fake["land"] == "Öland").all()
    assert fake["zip"].is_unique
    assert fake["zip"].str.fullmatch(r"\d{5}").all()
    assert (fake["hours a week"].round(1) == fake["hours a week"]).all()


@pytest.mark.parametrize("n", [0, -1, 1.5, "x", True, None])
def test_numbers_of_rows_that_make_no_sense(synth: synth_dl.Synthesizer, n: Any) -> None:
    if n is None:
        assert len(synth.sample()) == 300
        return
    with pytest.raises(ConfigError, match="whole number from 1 on"):
        synth.sample(n)


@pytest.mark.parametrize("rows", [(5, 5), (-1, 3), (0, 11), (9, 3), "0:5", 3])
def test_parts_that_make_no_sense(synth: synth_dl.Synthesizer, rows: Any) -> None:
    with pytest.raises(ConfigError, match="first row and the row after the last"):
        synth.sample(10, rows=rows)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["n=0"], "n=0: it must be a whole number from 1 on"),
        (["n=-1"], "n=-1: it must be a whole number"),
        (["n=many"], "n=many: it must be a whole number"),
        (["rows=5"], "such as 0:50000"),
        (["n=5", "rows=3:9"], "within 0:5"),
        (["batch_size=0"], "batch_size=0"),
        (["out=fake.xls"], "use .csv"),
        (["out=there/"], "the name has no ending; use .csv"),
        (["where.incme=x"], "did you mean 'income'?"),
        (["where.qqq=x"], "the columns are 'age'"),
        (["where.age=old"], "'old' is no value of column 'age'"),
        (["where.age=40.5"], "'40.5' is no value of column 'age'"),
        (["where.weight.kg=inf"], "no value of column 'weight.kg'"),
        (["where.smokes=maybe"], "no value of column 'smokes'"),
        (["where.joined=yesterday-ish"], "no value of column 'joined'"),
        (["where=nowhere.yaml"], "nowhere.yaml: there is no such file; check the path"),
        (["given=nowhere.csv"], "nowhere.csv"),
        (["where.age=3", "given=given.csv"], "exclude each other"),
        (["given=given.csv", "n=7"], "n=7, but given.csv has 2 rows"),
        (["given=empty.csv"], "empty.csv has no rows; give at least one"),
        (["given=empty.parquet"], "empty.parquet: the table has no rows"),
        (["given=foreign.csv"], "foreign.csv"),
        (["given=wrong.csv"], "wrong.csv"),
        (["seed=x"], "whole number"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_leaves_no_file(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str],
    words: list[str], sentence: str,
) -> None:  # fmt: skip
    Path("given.csv").write_text("age,income\n30,\n,>50K\n", encoding="utf-8")
    Path("foreign.csv").write_text("age,what\n30,1\n20,2\n", encoding="utf-8")
    Path("wrong.csv").write_text("age,income\n30,x\nold,y\n", encoding="utf-8")
    Path("empty.csv").write_text("age,income\n", encoding="utf-8")
    pd.DataFrame({"income": pd.Series([], dtype="str")}).to_parquet("empty.parquet")
    before = sorted(folder.iterdir())
    assert sample([f"artifact={artifact}", *words]) == 2
    assert sentence in said(capsys)
    assert sorted(folder.iterdir()) == before


def test_columns_are_fixed_to_values_of_every_kind(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path
) -> None:
    fixed = {
        "age": "33", "income": ">50K", "hours a week": "12.5", "weight.kg": 70.123456789,
        "marital-status": "?missing", "sons": None, "smokes": "true", "joined": "2020-02-03",
        "zip": "00012", "land": "Öland",
    }  # fmt: skip
    fake = synth.sample(3000, where=fixed)
    assert (fake["age"] == 33).all()
    assert (fake["weight.kg"] == 70.123456789).all()
    assert fake["marital-status"].isna().all()
    assert fake["sons"].isna().all()
    assert fake["smokes"].all()
    assert (fake["joined"] == pd.Timestamp("2020-02-03")).all()
    assert (fake["zip"] == "00012").all()
    assert [str(dtype) for dtype in fake.dtypes] == [str(d) for d in synth.sample(3000).dtypes]
    words = [f"where.{name}={value}" for name, value in fixed.items() if value is not None]
    assert (
        sample([f"artifact={artifact}", "n=3000", "out=a.csv", *words, "where.sons=?missing"]) == 0
    )
    lines = [f"{name}: '{value or '?missing'}'" for name, value in fixed.items()]
    Path("where.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert sample([f"artifact={artifact}", "n=3000", "out=b.csv", "where=where.yaml"]) == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    assert len(Path("a.csv").read_text(encoding="utf-8").splitlines()) == 3001


def test_a_missing_cell_in_a_column_that_never_had_one(
    synth: synth_dl.Synthesizer, caplog: pytest.LogCaptureFixture
) -> None:
    fake = synth.sample(10, where={"age": None, "smokes": None, "income": None})
    assert fake["age"].isna().all()
    assert str(fake["age"].dtype) == "Int64"
    assert str(fake["smokes"].dtype) == "boolean"
    assert fake["income"].isna().all()
    assert "age, smokes, income: never missing in training" in caplog.text
    assert "rarer" not in caplog.text


@pytest.mark.parametrize("value", [None, float("nan"), "", "?missing"])
def test_what_is_said_of_a_missing_cell(
    synth: synth_dl.Synthesizer, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    synth.sample(3, where={"income": value, "marital-status": value})
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "income: never missing" in caplog.text
    assert "marital-status" not in caplog.text  # which is often missing


@pytest.mark.parametrize("value", [{"a": 1}, object(), True, "1,5", float("inf")])
def test_values_that_are_no_number(synth: synth_dl.Synthesizer, value: Any) -> None:
    with pytest.raises(ConfigError, match="is no value of column 'age'"):
        synth.sample(3, where={"age": value})


def test_given_cells_come_back_as_they_were(
    synth: synth_dl.Synthesizer, mixed: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(0)
    rows = pd.concat([mixed] * 8, ignore_index=True)  # more than one chunk
    given = rows.mask(rng.random(rows.shape) < 0.5).astype({"sons": "Int64"})
    given["marital-status"] = given["marital-status"].astype("object")
    given.loc[2300, "marital-status"] = "it is complicated"
    full = synth.sample(given=given, seed=3)
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "marital-status" in caplog.text
    assert full.loc[2300, "marital-status"] == "it is complicated"
    assert [str(dtype) for dtype in full.dtypes] == [str(dtype) for dtype in mixed.dtypes]
    for name in mixed.columns:
        known = given[name].notna()
        want = given[name][known].astype(mixed[name].dtype)
        assert_series_equal(full[name][known], want, check_names=False)
    assert full["age"].notna().all()
    part = synth.sample(given=given, seed=3, rows=(1000, 2200))
    assert_frame_equal(part, full.iloc[1000:2200].reset_index(drop=True))
    with pytest.raises(ConfigError, match="but 2400 rows are given"):
        synth.sample(5, given=given)
    with pytest.raises(ConfigError, match="exclude each other"):
        synth.sample(given=given, where={"age": 3})
    with pytest.raises(DataError, match="what"):
        synth.sample(given=pd.DataFrame({"what": [1, 2]}))
    with pytest.raises(DataError, match="age"):
        synth.sample(given=pd.DataFrame({"age": ["old", "young"]}))
    with pytest.raises(DataError, match="given= has no rows; give at least one"):
        synth.sample(given=mixed.head(0))
    for wrong in (3, [3], np.zeros(2), "given.csv"):
        with pytest.raises(DataError, match=r"given= is of type .*; give a DataFrame"):
            synth.sample(given=wrong)


def test_a_partly_filled_file_is_completed(artifact: Path, folder: Path) -> None:
    lines = ["sons,zip,income,weight.kg,joined", "?missing,00077,>50K,,", ",,?missing,70.25,"]
    lines += ["2,abc,,,2020-01-05", ",,vast,,"]
    Path("given.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert sample([f"artifact={artifact}", "given=given.csv", "out=full.csv"]) == 0
    full = pd.read_csv("full.csv", dtype=str, keep_default_na=False)
    assert list(full.columns)[:3] == ["age", "income", "hours a week"]
    assert full["sons"][0] == ""
    assert full["sons"][2] == "2"
    assert list(full["zip"])[0::2] == ["00077", "abc"]
    assert list(full["income"])[:2] == [">50K", ""]
    assert full["income"][3] == "vast"
    assert full["weight.kg"][1] == "70.25"
    assert full["joined"][2] == "2020-01-05"
    assert (full[["age", "zip", "joined", "hours a week"]] != "").all().all()


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (
            {"y": "frauf"},
            "of column 'y' was seen in fewer than 5 training rows",
        ),
        (
            {"y": "frauf"},
            "or never, .* goes with it; did you mean 'fraud'",
        ),
        ({"y": "other"}, "known are fine, fraud$"),
        ({"y": "few"}, "'few' of column 'y' was seen in fewer than 5"),
        ({"k": 30}, "'30' of column 'k' .* known are 20, 10$"),
        ({"same": "b"}, "'b' of column 'same' .* known are a$"),
    ],
)
def test_a_fixed_value_that_training_does_not_know_is_refused(
    where: dict[str, Any], reason: str
) -> None:
    frame = pd.DataFrame({"k": [10, 20] * 40, "y": ["fine"] * 70 + ["fraud"] * 10, "same": "a"})
    frame.loc[:3, "y"] = "few"
    synth = synth_dl.fit(frame, progress=False, trainer__steps=20, network__width=8)
    with pytest.raises(ConfigError, match=reason):
        synth.sample(5, where=where)


def test_a_fixed_number_beyond_the_known_ones_is_spoken_of(
    synth: synth_dl.Synthesizer, caplog: pytest.LogCaptureFixture
) -> None:
    assert (synth.sample(3, where={"weight.kg": 900.5})["weight.kg"] == 900.5).all()
    assert "where: the value of weight.kg lies beyond those that the model keeps" in caplog.text


@pytest.mark.parametrize("n", [10**15, 2**64 - 1])
@pytest.mark.parametrize("words", [[], ["where.smokes=?missing"], ["rows=0:999999999999999"]])
def test_more_rows_than_the_disk_has_bytes_are_refused(
    n: int, words: list[str], artifact: Path, refused: Callable[..., str]
) -> None:
    said = refused(f"artifact={artifact}", f"n={n}", *words)
    assert re.match(r"error: n=\d+: the disk of '.*' has only [\d,]+ bytes free", said), said


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("fake.csv").write_text("old", encoding="utf-8")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        words = [f"artifact={artifact}", "n=20000", "batch_size=2048"]
        assert sample([*words, "out=fake.csv", "overwrite=true"]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "fake.csv" in said(capsys)
    assert Path("fake.csv").read_text(encoding="utf-8") == "old"
    assert len(list(folder.iterdir())) == 1


def test_ctrl_c_while_sampling_leaves_no_file(
    artifact: Path, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from synth_dl.tables.writing import TableWriter

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TableWriter, "write", interrupted)
    assert sample([f"artifact={artifact}", "n=100"]) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert list(folder.iterdir()) == []
