"""`synth-schema`: what it writes tells nothing of single rows, and what it refuses."""

import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_dl.cli import schema
from synth_dl.cli.commands import TRAIN
from synth_dl.cli.words import split_words
from synth_dl.tables.private.blanks import public_part
from synth_dl.tables.reading.table import read_table
from synth_dl.tables.schema import Schema

ROWS = 120
# A row that stands out in every column.
ODD = {"age": 9_999_999, "weight": -1e9, "ward": "zebra", "day": "1799-03-05", "flag": "TRUE",
       "mail": "odd@one.out", "code": "ZZ-999", "fee": "EUR 7,777,777", "land": "atlantis",
       "void": "ghost"}  # fmt: skip


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts in an empty folder."""
    monkeypatch.chdir(tmp_path)


def rows() -> pd.DataFrame:
    """A table with a column of each type."""
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, ROWS), "D")
    return pd.DataFrame({
        "age": rng.integers(18, 90, ROWS), "weight": rng.normal(70, 9, ROWS).round(1),
        "ward": rng.choice(["north", "south", "east"], ROWS), "day": days.strftime("%Y-%m-%d"),
        "flag": rng.choice(["TRUE", "FALSE"], ROWS), "mail": [f"p{k}@x.org" for k in range(ROWS)],
        "code": [f"{k % 24:02d}:{k % 60:02d}" for k in rng.integers(0, 999, ROWS)],
        "fee": [f"EUR {k:,}" for k in rng.integers(1000, 9999, ROWS)], "land": "utopia",
        "void": "",
    })  # fmt: skip


def words_of(frame: pd.DataFrame) -> set[str]:
    """The cells as words of a file; those of one letter or digit stand in any text."""
    cells = {str(cell) for name in frame for cell in frame.loc[:, name]}
    return {cell for cell in cells if len(cell) > 2}


def write(frame: pd.DataFrame, name: str) -> str:
    frame.to_csv(name, index=False)
    return name


def sentence(capsys: pytest.CaptureFixture[str], words: list[str]) -> str:
    """What a refused command says; it leaves nothing behind."""
    before = sorted(Path().iterdir())
    capsys.readouterr()
    assert schema(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sorted(Path().iterdir()) == before
    return err


def test_neighbouring_tables_get_the_same_file() -> None:
    frame = rows()
    odd = pd.concat([frame, pd.DataFrame([ODD])], ignore_index=True)
    holes = pd.concat([frame, pd.DataFrame([dict.fromkeys(ODD)])], ignore_index=True)
    for number, table in enumerate((frame, odd, holes, frame.iloc[1:])):
        name = write(table, f"{number}.csv")
        assert schema([f"data.path={name}", f"out={number}.yaml"]) == 0
    texts = {Path(f"{number}.yaml").read_text(encoding="utf-8") for number in range(4)}
    assert len(texts) == 1
    found = [column.type for column in Schema.load("0.yaml").columns]
    assert found == ["number", "number", "category", "datetime", "boolean", "key", "pattern",
                     "number", "constant", "empty"]  # fmt: skip
    text = "".join(line for line in texts.pop().splitlines(True) if not line.startswith("#"))
    assert [cell for cell in words_of(odd) if cell in text] == []


def test_neighbouring_tables_of_parquet_get_the_same_file() -> None:
    frame = rows().drop(columns=["fee", "void"])
    frame["day"] = pd.to_datetime(frame["day"])
    frame["flag"] = frame["flag"] == "TRUE"
    frame["ward"] = pd.Categorical(frame["ward"], ["south", "north", "east"], ordered=True)
    odd = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    odd.loc[len(frame), ["age", "weight", "code"]] = [ODD["age"], ODD["weight"], ODD["code"]]
    odd["ward"] = pd.Categorical(odd["ward"], ["south", "north", "east", "zebra"], ordered=True)
    odd.loc[len(frame), "ward"] = "zebra"
    odd.loc[len(frame), "day"] = pd.Timestamp("1799-03-05")
    for number, table in enumerate((frame, odd)):
        table.to_parquet(f"{number}.parquet")
        assert schema(["data=parquet", f"data.path={number}.parquet", f"out={number}.yaml"]) == 0
    text = Path("0.yaml").read_text(encoding="utf-8")
    assert text == Path("1.yaml").read_text(encoding="utf-8")
    assert "# ordered: true\n" in text
    assert not any(word in text for word in ("north", "zebra", "utopia"))


def test_the_file_reads_the_table_that_it_was_made_of() -> None:
    write(rows(), "t.csv")
    assert schema(["data=csv", "data.path=t.csv", "out=s.yaml"]) == 0
    loaded = Schema.load("s.yaml")
    assert loaded == public_part(read_table("t.csv").schema)
    again = read_table("t.csv", schema=loaded)
    assert [column.type for column in again.schema.columns] == [c.type for c in loaded.columns]
    pd.testing.assert_frame_equal(again.frame, read_table("t.csv").frame)


def test_types_are_shown_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    frame = rows()[["age", "day", "mail"]].rename(columns={"age": "age, in years"})
    frame.to_csv("my table.txt", index=False, header=False)
    names = "data.columns=['age, in years', day, \"it's\"]"
    words = ["data.path=my table.txt", names, "data.missing=[?, n a]", "data.min_count=4"]
    assert schema([*words, "out=s.yaml"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "age, in years number int64 0 decimals minimum, maximum" in lines
    assert "it's key str kind" in lines
    assert not any(cell in out for cell in words_of(frame))
    assert "differential privacy refuses as they stand: day, it's; the file says what" in out
    program, *told = shlex.split(lines[-1].removeprefix("then: "))
    assert program == "synth-train"
    assert told[0] == "data=csv"
    assert told[-2:] == ["data.schema=s.yaml", "privacy.epsilon=1"]
    parted = split_words(told[:-1], TRAIN)
    assert parted.taken == {**split_words(words, TRAIN).taken, "data.schema": "s.yaml"}
    assert parted.overrides == ["data=csv", "data.min_count=4"]


@pytest.mark.parametrize("words", [["data=anes96"], ["data.path=anes96"]])
def test_an_embedded_table_has_a_schema_already(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert schema([*words, "out=s.yaml"]) == 0
    assert "knows the schema of this table" in capsys.readouterr().out
    assert "Liberal" not in Path("s.yaml").read_text(encoding="utf-8")
    assert Schema.load("s.yaml").column("selfLR").type == "category"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data.path=t.csv"], "'out' has no value: add out=VALUE"),
        (["out=s.yaml"], "'data.path' has no value: add data.path=VALUE"),
        (["t.csv"], "write data=csv data.path=t.csv"),
        (["data.pth=t.csv", "out=s.yaml"], "unknown option 'data.pth': did you mean 'data.path'?"),
        (["data.path=t.csv", "ot=s.yaml"], "unknown option 'ot': did you mean 'out'?"),
        (["data.path=none.csv", "out=s.yaml"], "none.csv: there is no such file"),
        (["data.path=t.csv", "out=mine.yaml"], "it exists already; add overwrite=true"),
        (["data.path=t.csv", "out=t.csv", "overwrite=true"], "this is read from"),
        (["data.path=t.csv", "out=folder", "overwrite=true"], "this is a folder; name a file"),
        (["data.path=t.csv", "out=a\0.yaml"], "no file has such a name; choose another"),
        (["data=digits", "out=s.yaml"], "these data are images: take data=csv data.path=FILE"),
        (["data=image_folder"], "these data are images"),
        (["data.path=t.csv", "data.target=age", "out=s.yaml"], "data.target is for synth-train"),
        (["data=anes96", "data.holdout=null", "out=s.yaml"], "data.holdout is for synth-train"),
        (["data.path=t.csv", "data.schema=mine.yaml", "out=s.yaml"], "data.schema is for synth-"),
        (["data.path=t.csv", "+data.more=1", "out=s.yaml"], "only path, columns, missing, min_c"),
        (["data.path=t.csv", "data.min_count=0", "out=s.yaml"], "a whole number from 1 on"),
        (["data=mine", "--config-dir=configs", "out=s.yaml"], "a schema is there already"),
        (["data=own", "--config-dir=configs", "out=s.yaml"], "data._target_=mypackage.Rows: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(rows(), "t.csv")
    Path("folder").mkdir()
    Path("configs/data").mkdir(parents=True)
    Path("configs/data/mine.yaml").write_text("defaults: [csv]\npath: t.csv\nschema: a.yaml\n")
    Path("configs/data/own.yaml").write_text("_target_: mypackage.Rows\npath: t.csv\n")
    Path("mine.yaml").write_text("mine", encoding="utf-8")
    assert said in sentence(capsys, words)
    assert Path("mine.yaml").read_text(encoding="utf-8") == "mine"


def test_a_file_is_replaced_when_asked_for() -> None:
    write(rows(), "t.csv")
    Path("s.yaml").write_text("mine", encoding="utf-8")
    assert schema(["data.path=t.csv", "out=s.yaml", "overwrite=true"]) == 0
    assert Schema.load("s.yaml").names == tuple(ODD)
