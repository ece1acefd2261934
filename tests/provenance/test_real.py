"""Files that say that they are synthetic do not stand for real ones, unless somebody allows it."""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from image_exports import some
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import synth_dl
from synth_dl.cli import augment, evaluate, sample, train
from synth_dl.errors import DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.reading.sources import load_images
from synth_dl.images.writing.export import ImageWriter
from synth_dl.provenance.label import Label
from synth_dl.tables.reading.sources import load_sources

Refused = Callable[..., str]
ALLOW = "add allow_synthetic=true to take it for real all the same"


@pytest.fixture
def drawn(artifact: Path, mixed_csv: Path, folder: Path) -> Path:
    """A folder with synthetic rows and real ones."""
    assert sample([f"artifact={artifact}", "n=40", "out=drawn.parquet"]) == 0
    Path("sub").mkdir()
    shutil.move("drawn.parquet", "sub/moved.parquet")  # its label travels with it
    shutil.copy(mixed_csv, "real.csv")
    return folder


@pytest.mark.parametrize(
    ("command", "words", "option"),
    [
        (evaluate, ["real=sub/moved.parquet", "synthetic=real.csv"], "real"),
        (evaluate, ["real=real.csv", "holdout=sub/moved.parquet", "synthetic=real.csv"], "holdout"),
        (augment, ["real=sub/moved.parquet", "holdout=real.csv", "target=income"], "real"),
        (augment, ["real=real.csv", "holdout=sub/moved.parquet", "target=income"], "holdout"),
        (train, ["data=csv", "data.path=sub/moved.parquet", "run_dir=run"], "data.path"),
        (train, ["data=csv", "data.path=real.csv", "data.holdout=sub/moved.parquet",
                 "run_dir=run"], "data.holdout"),
        (sample, ["top_up=income", "real=sub/moved.parquet"], "real"),
        (sample, ["parity=income|sex", "n=5", "holdout=sub/moved.parquet"], "holdout"),
    ],
)  # fmt: skip
def test_synthetic_rows_are_no_real_ones(
    command: Callable[..., int],
    words: Sequence[str],
    option: str,
    artifact: Path,
    drawn: Path,
    refused: Refused,
) -> None:
    words = [*words, f"artifact={artifact}"] if command is sample else list(words)
    said = refused(command, words)
    assert f"{option}=sub/moved.parquet: its Parquet metadata says that it is synthetic" in said
    assert ALLOW in said


def test_what_is_judged_may_be_synthetic_and_a_switch_allows_the_rest(
    artifact: Path, drawn: Path
) -> None:
    path = "sub/moved.parquet"
    assert sample([f"artifact={artifact}", "top_up=income", f"real={path}", "out=more.csv",
                   "allow_synthetic=true"]) == 0  # fmt: skip
    with pytest.raises(DataError, match="says that it is synthetic"):
        load_sources({"path": path, "min_count": 1}, 0)
    assert len(load_sources({"path": path, "min_count": 1}, 0, True).table.frame) == 40
    with pytest.raises(DataError, match="says that it is synthetic"):
        synth_dl.fit(path)
    with pytest.raises(DataError, match="data: what stands in its attrs says that it is synthetic"):
        synth_dl.fit(pd.read_parquet(path).head(30))
    words = {"model": "distributions", "progress": False, "allow_synthetic": True}
    rows = pd.read_parquet(path)[["sons", "income"]]
    assert rows.attrs
    assert synth_dl.fit(rows, **words).sample(3) is not None


def test_the_switch_is_on_or_off(drawn: Path, refused: Refused) -> None:
    words = ["real=real.csv", "synthetic=real.csv", "allow_synthetic=perhaps"]
    assert "allow_synthetic=perhaps does not give true or false" in refused(evaluate, words)


def test_synthetic_images_are_no_real_ones(folder: Path) -> None:
    codec = ImageCodec(8, 8, 1, 4, ("a", "b"))
    for out in ("d", "d.npz"):
        with ImageWriter(out, codec, {}, label=Label()) as writer:
            writer.write(some(codec, 60))
    data = {"source": "image_folder", "root": "d", "name": "d"}
    with pytest.raises(DataError, match=r"data.root=d: its manifest.json says that it is synth"):
        load_images(data, 0)
    assert len(load_images(data, 0, True).train)
    with pytest.raises(DataError, match=r"data.root=d/a: the XMP of its .* says that it is synth"):
        load_images({**data, "root": "d/a", "classes": False}, 0)
    with pytest.raises(DataError, match=r"data.path=d.npz: d.npz.json beside it says"):
        load_images({"source": "npz", "path": "d.npz", "name": "d"}, 0)


@pytest.mark.parametrize(("name", "form"), [("z.png", "PNG"), ("sub/Z.PNG", "PNG"),
                                            ("z.jpg", "JPEG"), ("z.webp", "WEBP")])  # fmt: skip
def test_one_synthetic_picture_among_real_ones_is_found(
    name: str, form: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codec = ImageCodec(8, 8, 1, 4, ("a", "b"))
    with ImageWriter("d", codec, {}, label=Label()) as writer:
        writer.write(some(codec, 2))
    Path("mixed/sub").mkdir(parents=True)
    for place in range(3):
        Image.new("L", (8, 8)).save(f"mixed/a{place}.png")
    Path("mixed/a.txt").write_text("no picture")
    Path("mixed/a1.png").chmod(0)
    data = {"source": "image_folder", "root": "mixed", "name": "mixed", "classes": False}
    assert evaluate(["verify=mixed"]) == 2
    capsys.readouterr()
    with Image.open(next(Path("d").rglob("*.png"))) as picture:
        xmp = picture.info["xmp"]
        said = PngInfo()
        said.add_itxt("XML:com.adobe.xmp", xmp.decode())
        more = {"pnginfo": said} if form == "PNG" else {"xmp": xmp}
        picture.save(f"mixed/{name}", form, **more)
    with pytest.raises(DataError, match=f"the XMP of its {name} says that it is synthetic"):
        load_images(data, 0)
    assert evaluate(["verify=mixed"]) == 0
    assert re.search(r"labelled: 1 of [34] files that can be", capsys.readouterr().out)


def test_a_label_behind_the_pixels_is_found(folder: Path) -> None:
    """As some tools write it."""
    codec = ImageCodec(8, 8, 1, 4, ("a", "b"))
    with ImageWriter("d", codec, {}, label=Label()) as writer:
        writer.write(some(codec, 2))
    written = next(Path("d/a").glob("*.png")).read_bytes()
    start = written.index(b"iTXt") - 4
    end = start + 12 + int.from_bytes(written[start : start + 4], "big")
    last = written.index(b"IEND") - 4
    moved = written[:start] + written[end:last] + written[start:end] + written[last:]
    Path("moved.png").write_bytes(moved)
    assert evaluate(["verify=moved.png"]) == 0
