"""What exported images say of themselves, and images of other tools."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from image_exports import some
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from synth_dl.cli import evaluate
from synth_dl.images.codec import ImageCodec
from synth_dl.images.reading.exports import read_export
from synth_dl.images.writing.export import ImageWriter
from synth_dl.provenance.label import Label
from synth_dl.provenance.reading import find_label

CODEC = ImageCodec(8, 8, 1, 4, ("README.md", "croissant.json"))
MADE = {"artifact": {"path": "model", "sha256": "f" * 64}, "seed": 7, "versions": {}}
TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
Refused = Callable[..., str]


def export(out: str, label: Label | None, codec: ImageCodec = CODEC) -> None:
    with ImageWriter(out, codec, MADE, label=label, overwrite=True) as writer:
        writer.write(some(codec, 6))


@pytest.mark.parametrize("out", ["d.npz", "d.parquet", "d"])
def test_each_kind_of_export_is_labelled(
    out: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(out, Label())
    assert len(read_export(out)) == 6
    assert evaluate([f"verify={out}"]) == 0
    said = capsys.readouterr().out
    assert f"{out} is synthetic: mode full" in said
    assert TYPE in said
    sheet = "d/contact-sheet.png" if out == "d" else "d.png"
    assert evaluate([f"verify={sheet}"]) == 0
    assert "says its XMP" in capsys.readouterr().out
    base = Path("d") if out == "d" else Path()
    croissant = base / ("croissant.json" if out == "d" else f"{out}.croissant.json")
    assert json.loads(croissant.read_text(encoding="utf-8"))["distribution"][0]["name"]
    export(out, None)
    assert find_label(Path(out)) is None
    assert not croissant.exists()


@pytest.mark.parametrize("out", ["d.npz", "d.parquet", "d"])
def test_a_changed_export_is_told_from_an_unchanged_one(
    out: str, folder: Path, refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    export(out, Label())
    assert evaluate([f"verify={out}"]) == 0
    said = capsys.readouterr().out
    if out == "d":  # many pictures have no digests, which is said
        assert "no SHA-256 to compare it with" in said
        return
    assert f"SHA-256: as {out}.json says" in said
    whole = Path(out).read_bytes()
    middle = len(whole) // 2
    Path(out).write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "as the SHA-256 differs" in refused(evaluate, [f"verify={out}"])
    Path(out).write_bytes(whole)
    assert evaluate([f"verify={out}"]) == 0


def test_pictures_keep_their_label_in_pillow(folder: Path) -> None:
    export("d", Label("partial"), ImageCodec(8, 8, 1, 4))
    picture = Path("d/000000.png")
    with Image.open(picture) as image:
        xmp = image.info["xmp"]
        assert b"compositeWithTrainedAlgorithmicMedia" in xmp
        said = PngInfo()
        said.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8"))
        image.save("again.png", pnginfo=said)
        image.convert("RGB").save("again.jpg", xmp=xmp)
        image.convert("RGB").save("again.webp", xmp=xmp)
        image.save("plain.png")
    assert find_label(Path("plain.png")) is None
    for name in ("again.png", "again.jpg", "again.webp"):
        found = find_label(Path(name))
        assert found is not None
        assert found.state["mode"] == "partial"
        assert found.state["seed"] == 7
        assert found.state["artifact"] == {"sha256": "f" * 64}


def test_the_same_images_have_the_same_bytes(folder: Path) -> None:
    export("a", Label())
    export("b", Label())
    pictures = [sorted(Path(name).rglob("*.png")) for name in "ab"]
    assert len(pictures[0]) == 7
    for one, other in zip(*pictures, strict=True):
        assert one.read_bytes() == other.read_bytes()


PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">{}</rdf:Description></rdf:RDF>
</x:xmpmeta>"""
PROPERTY = "<Iptc4xmpExt:DigitalSourceType{}</Iptc4xmpExt:DigitalSourceType>"


@pytest.mark.parametrize(
    ("packet", "synthetic"),
    [
        (PACKET.format(PROPERTY.format(f">{TYPE}")), True),
        (PACKET.format(PROPERTY.format(f' rdf:resource="{TYPE}">')), True),
        (PACKET.format(PROPERTY.format(f">{TYPE[:53]}digitalCapture")), False),
        (PACKET.format(""), False),
        ("<", False),
        ("", False),
        ("<a>" * 10**5, False),
    ],
)
def test_pictures_of_other_tools(packet: str, synthetic: bool, folder: Path) -> None:
    said = PngInfo()
    said.add_itxt("XML:com.adobe.xmp", packet)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save("p.png", pnginfo=said)
    assert evaluate(["verify=p.png"]) == (0 if synthetic else 2)
