"""What commands and Python calls write replaces nothing that it was not told to replace."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synth_dl
from synth_dl.cli import evaluate, sample, train
from synth_dl.images.writing.export import ImageWriter
from synth_dl.tables.writing import TableWriter

SMALL = ("network.context=8", "network.width=8", "trainer.steps=10", "logger=null",
         "callbacks.pictures=0", "assess=false")  # fmt: skip
EXISTS = "it exists already; add overwrite=true"


@pytest.fixture(scope="module")
def table_run(few_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a table, whose file lies beside it."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "real.csv").write_bytes(few_csv.read_bytes())
    words = ["data=csv", f"data.path={folder / 'real.csv'}", f"run_dir={folder / 'run'}"]
    assert train([*words, *SMALL]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def image_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on images, whose file lies beside it."""
    folder = tmp_path_factory.mktemp("runs")
    images = np.random.default_rng(0).integers(0, 2, (60, 4, 4)).astype(np.uint8)
    np.savez(folder / "real.npz", images=images)
    words = ["data=npz", f"data.path={folder / 'real.npz'}", f"run_dir={folder / 'run'}"]
    small = ("network.channels=8", "network.blocks=2", "network.hidden=16", *SMALL[2:])
    assert train([*words, *small]) == 0
    return folder / "run"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree(path: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()
    }


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Callable[[list[str]], int], list[str]], str]:
    """The sentence by which a command refuses before anything is drawn or changed."""

    def run(command: Callable[[list[str]], int], words: list[str]) -> str:
        before = tree(Path())
        with monkeypatch.context() as patch:
            patch.delattr("synth_dl.artifact.read_artifact")
            patch.delattr("synth_dl.sampling.synthesizer.read_artifact")
            capsys.readouterr()
            assert command(words) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert tree(Path()) == before
        return said

    return run


Refused = Callable[[Callable[[list[str]], int], list[str]], str]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.csv.gz"])
def test_a_table_is_replaced_only_when_asked_for(
    name: str, table_run: Path, refused: Refused
) -> None:
    words = [f"artifact={table_run}/artifact", "n=5", f"out={name}"]
    Path(name).write_text("mine", encoding="utf-8")
    assert f"{name}: {EXISTS}" in refused(sample, words)
    assert "overwrite=1 does not give true or false" in refused(sample, [*words, "overwrite=1"])
    assert sample([*words, "overwrite=true"]) == 0
    assert Path(name).read_bytes() != b"mine"


def test_the_default_name_is_no_exception(table_run: Path, refused: Refused) -> None:
    words = [f"artifact={table_run}", "n=5"]
    assert sample(words) == 0
    assert f"synthetic.csv: {EXISTS}" in refused(sample, words)


def test_what_is_read_is_never_replaced(table_run: Path, refused: Refused) -> None:
    """Under no name: its own, that of a link, or that of another link to the same data."""
    real = table_run.parent / "real.csv"
    os.link(real, "hard.csv")
    Path("soft.csv").symlink_to(real)
    given = Path("given.csv")
    given.write_bytes(real.read_bytes())
    words = [f"artifact={table_run}/artifact", "n=5", "overwrite=true"]
    before = real.read_bytes()
    for out in (real, "hard.csv"):
        assert "this is read from" in refused(sample, [*words, f"out={out}"])
    assert "this is a link to" in refused(sample, [*words, "out=soft.csv"])
    assert "this is read from" in refused(sample, [*words[::2], "given=given.csv", "out=given.csv"])
    assert real.read_bytes() == before


def test_what_is_evaluated_is_never_replaced(table_run: Path, refused: Refused) -> None:
    real = table_run.parent / "real.csv"
    Path("report").mkdir()
    os.link(real, "report/metrics.json")
    words = [f"real={real}", f"artifact={table_run}/artifact", "overwrite=true"]
    assert "this is read from" in refused(evaluate, words)
    Path("report/metrics.json").unlink()
    Path("report/marginals.png").symlink_to(real)
    assert "this is a link to" in refused(evaluate, words)


def test_a_report_replaces_one_of_ours_and_no_file_of_others(
    table_run: Path, refused: Refused
) -> None:
    words = [f"real={table_run.parent / 'real.csv'}", f"artifact={table_run}/artifact"]
    Path("report").mkdir()
    for name in ("metrics.json", "pairs.png"):
        place = Path("report", name)
        place.write_text("mine", encoding="utf-8")
        assert f"{name}: {EXISTS}" in refused(evaluate, words)
        assert "is not known to come from synth_dl" in refused(evaluate, [*words, "overwrite=true"])
        place.unlink()
    Path("report/notes.txt").write_text("mine", encoding="utf-8")
    assert evaluate(words) == 0
    first = tree(Path("report"))
    assert f"metrics.json: {EXISTS}" in refused(evaluate, words)
    assert evaluate([*words, "overwrite=true", "seed=1"]) == 0
    second = tree(Path("report"))
    assert second.keys() == first.keys()
    assert second["metrics.json"] != first["metrics.json"]
    assert second["notes.txt"] == b"mine"


@pytest.mark.parametrize("ending", ["npz", "parquet"])
def test_files_beside_images_are_checked_too(
    ending: str, image_run: Path, refused: Refused
) -> None:
    words = [f"artifact={image_run}/artifact", "n=4", f"out=photo.{ending}"]
    for name in ("photo.png", f"photo.{ending}.json"):
        Path(name).write_bytes(b"mine")
        assert f"{name}: {EXISTS}" in refused(sample, words)
        said = refused(sample, [*words, "overwrite=true"])
        assert f"{name}: this file is not known to come from synth_dl" in said
        Path(name).unlink()
    assert sample(words) == 0
    first = tree(Path())
    assert EXISTS in refused(sample, words)
    assert sample([*words, "overwrite=true", "seed=1"]) == 0
    assert tree(Path()).keys() == first.keys()
    assert tree(Path())[f"photo.{ending}"] != first[f"photo.{ending}"]


def test_a_folder_of_images_is_replaced_only_if_all_is_ours(
    image_run: Path, refused: Refused
) -> None:
    words = [f"artifact={image_run}/artifact", "out=drawn"]
    assert sample([*words, "n=6"]) == 0
    assert "add overwrite=true to replace an earlier export" in refused(sample, [*words, "n=4"])
    Path("drawn/notes.txt").write_text("mine", encoding="utf-8")
    said = refused(sample, [*words, "n=4", "overwrite=true"])
    assert "drawn/notes.txt: this file is not known to come from synth_dl" in said
    Path("drawn/notes.txt").unlink()
    assert sample([*words, "n=4", "overwrite=true"]) == 0
    assert sorted(path.name for path in Path("drawn").iterdir()) == [
        "000000.png", "000001.png", "000002.png", "000003.png", "README.md",
        "contact-sheet.png", "croissant.json", "manifest.json",
    ]  # fmt: skip


def test_images_that_are_read_are_never_replaced(image_run: Path, refused: Refused) -> None:
    words = [f"artifact={image_run}/artifact", "n=4", "overwrite=true"]
    real = image_run.parent / "real.npz"
    os.link(real, "hard.npz")
    for out in (real, "hard.npz"):
        assert "this is read from" in refused(sample, [*words, f"out={out}"])
    before = tree(image_run)
    assert "is not known to come from" in refused(sample, [*words, f"out={image_run}/checkpoints"])
    assert "this is read from" in refused(sample, [*words, f"out={image_run}/artifact"])
    assert tree(image_run) == before


def test_python_asks_too(table_run: Path, image_run: Path) -> None:
    table, images = synth_dl.load(table_run), synth_dl.load(image_run)
    Path("t.csv").write_text("mine", encoding="utf-8")
    Path("i.npz").write_text("mine", encoding="utf-8")
    with pytest.raises(synth_dl.errors.DataError, match=EXISTS):
        TableWriter("t.csv", table.codec.schema).__enter__()
    with pytest.raises(synth_dl.errors.DataError, match=EXISTS):
        ImageWriter("i.npz", images.codec, {}).__enter__()
    with TableWriter("t.csv", table.codec.schema, overwrite=True) as writer:
        writer.write(table.sample(3))
    with ImageWriter("i.npz", images.codec, {}, overwrite=True) as pictures:
        pictures.write(images.sample(3))
    assert tree(Path()).keys() == {"t.csv", "i.npz", "i.npz.json", "i.png"}


def test_a_file_that_comes_while_rows_are_drawn_is_kept(table_run: Path) -> None:
    table = synth_dl.load(table_run)

    def write() -> None:
        with TableWriter("t.csv", table.codec.schema) as writer:
            writer.write(table.sample(3))
            Path("t.csv").write_text("mine", encoding="utf-8")

    with pytest.raises(synth_dl.errors.DataError, match=EXISTS):
        write()
    assert tree(Path()) == {"t.csv": b"mine"}


def test_a_run_lies_where_its_option_says_also_where_lightning_reads_it_otherwise(
    folder: Path,
) -> None:
    pd.DataFrame({"a": ["x", "y"] * 40}).to_csv("t.csv", index=False)
    run = "~root/memory:"
    assert train(["data=csv", "data.path=t.csv", f"run_dir={run}", *SMALL]) == 0
    assert sorted(path.name for path in Path(run, "checkpoints").iterdir()) == [
        "best.ckpt", "last.ckpt",
    ]  # fmt: skip


def test_a_place_within_a_file_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y\n1,a\n", encoding="utf-8")
    words = ["real=nothing.csv", "holdout=nothing.csv", "target=y", "out=t.csv"]
    assert synth_dl.cli.augment(words) == 2
    assert "a part of this path is a file" in capsys.readouterr().err
    assert Path("t.csv").read_text(encoding="utf-8") == "x,y\n1,a\n"
