"""The digest of the data: what it depends on, and what not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth_dl
from synth_dl.cli import compare, train
from synth_dl.images.data import ImageData
from synth_dl.metrics.figures import read_assessment
from synth_dl.tables.data import TableData
from synth_dl.tables.reading.table import table_from_frame

SMALL = ("trainer.steps=10", "network.context=8", "network.width=8", "logger=null",
         "callbacks.pictures=0")  # fmt: skip
ROWS = "kind,size,day\n" + "a,1,2020-01-01\nb,2,2021-05-06\nc,,2022-07-08\n" * 40


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in a folder with one table."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def of_table(path: str = "t.csv", seed: int = 0, **options: Any) -> str:
    return digest_of(TableData(path, seed=seed, **options))


def digest_of(data: TableData | ImageData) -> str:
    data.read()
    return data.digest()


def of_images(seed: int = 0, **options: Any) -> str:
    return digest_of(ImageData("npz", name="x", path="x.npz", seed=seed, **options))


def test_that_of_a_table_rests_on_its_rows_and_not_on_the_split() -> None:
    whole = of_table()
    assert {of_table(holdout=0.2, seed=seed) for seed in range(3)} == {whole}
    head, *rows = ROWS.splitlines()
    Path("order.csv").write_text("\n".join([head, *rows[::-1]]), encoding="utf-8")
    assert of_table("order.csv") == whole


@pytest.mark.parametrize(
    ("old", "new"),
    [("b,2,", "b,3,"), ("kind,", "sort,"), ("c,,", "c,2,"), ("a,1,2020-01-01\n", "")],
)
def test_other_rows_or_names_give_another(old: str, new: str) -> None:
    Path("other.csv").write_text(ROWS.replace(old, new, 1), encoding="utf-8")
    assert of_table("other.csv") != of_table()


def test_another_schema_of_the_same_file_gives_another() -> None:
    table_from_frame(pd.read_csv("t.csv")).schema.save(Path("schema.yaml"))
    text = Path("schema.yaml").read_text(encoding="utf-8")
    assert "type: datetime" not in text
    assert of_table(schema="schema.yaml") != of_table()


def test_that_of_images_rests_on_pixels_labels_and_levels() -> None:
    random = np.random.default_rng(0)
    pixels, labels = random.integers(0, 16, (60, 4, 4)), np.arange(60) % 3
    pixels[0, 0, 0] = 15
    np.savez("x.npz", images=pixels, labels=labels)
    whole = of_images()
    assert of_images(seed=1) == whole
    others = [of_images(levels=4), of_images(levels=2), of_images(classes=False)]
    drawn = {of_images(levels=2, binarise="stochastic", seed=seed) for seed in range(2)}
    drawn |= {of_images(levels=2, binarise="dynamic", seed=seed) for seed in range(2)}
    assert len(drawn) == 1
    pixels[3, 2, 1] = (pixels[3, 2, 1] + 1) % 15
    np.savez("x.npz", images=pixels, labels=labels)
    assert len({whole, *others, *drawn, of_images()}) == 6
    in_memory = {digest_of(ImageData(pixels, labels, seed=seed)) for seed in range(2)}
    assert in_memory == {of_images()}


def test_runs_on_files_of_one_name_are_not_taken_for_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("alt").mkdir()
    Path("alt/t.csv").write_text(ROWS.replace("a,1", "a,9"), encoding="utf-8")
    for name, words in (("a", ["data.path=t.csv", "data.holdout=0.2"]),
                        ("b", ["data.path=t.csv", "data.holdout=0.2", "seed=1"]),
                        ("c", ["data.path=alt/t.csv"])):  # fmt: skip
        assert train(["data=csv", *words, f"run_dir={name}", *SMALL]) == 0
    digests = [read_assessment(Path(name)).digest for name in "abc"]
    assert digests[0] == digests[1] != digests[2]
    assert compare(["a", "b"]) == 0
    capsys.readouterr()
    assert compare(["a", "c", "--overwrite"]) == 2
    assert "the contents differ though the name is the same" in capsys.readouterr().err


def test_tables_in_memory_have_one_too(folder: Path) -> None:
    frame = pd.read_csv("t.csv")
    options: dict[str, Any] = {"trainer__steps": 10, "logger": None, "progress": False}
    for name, each in (("a", frame), ("b", frame.assign(size=1.5))):
        synth_dl.fit(each, run_dir=name, callbacks__pictures=0, **options)
    first, second = (read_assessment(Path(name)) for name in "ab")
    assert first.data == second.data
    assert first.digest != second.digest
