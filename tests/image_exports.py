"""Random images, and how the tests export and compare them."""

from pathlib import Path
from typing import Any

import numpy as np

from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.writing.export import ImageWriter
from synth_dl.images.writing.png import to_png

OUTS = ["images.npz", "images.parquet", "images"]
CODEC = ImageCodec(4, 5, 1, 16, ("a", "b/c", ""))


def some(codec: ImageCodec, count: int, seed: int = 0) -> ImageSet:
    """Random images."""
    rng = np.random.default_rng(seed)
    shape = (count, codec.height, codec.width, codec.channels)
    pixels = rng.integers(0, codec.levels, shape).astype(np.uint8)
    labels = rng.integers(0, len(codec.classes), count) if codec.classes else None
    return ImageSet(pixels, codec.levels, labels, codec.classes)


def write(out: Path | str, codec: ImageCodec, *parts: ImageSet, **more: Any) -> None:
    with ImageWriter(out, codec, {"seed": 3}, **more) as writer:
        for part in parts:
            writer.write(part)


def assert_same(found: ImageSet, wanted: ImageSet) -> None:
    assert found.levels == wanted.levels
    assert found.pixels.dtype == np.uint8
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    if wanted.labels is None:
        assert found.labels is None
    else:
        assert found.labels is not None
        assert found.labels.dtype == np.int64
        np.testing.assert_array_equal(found.labels, wanted.labels)
    assert found.classes == wanted.classes


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def paint(path: Path, *rows: list[int]) -> None:
    path.write_bytes(to_png(np.array(rows, np.uint8)[:, :, None]))
