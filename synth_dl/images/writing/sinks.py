"""The images of an export, one class for each kind of file; none of them knows of final names."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.writing.places import Kind, class_folder
from synth_dl.images.writing.png import spread, to_png
from synth_dl.provenance.parquet import key_values


class Sink(ABC):
    """Takes images part by part; an OSError of the disk passes through.

    Args:
        path: a new file, or a folder that stands and is empty.
        codec: says what the images are.
        xmp: what each PNG file says of itself, if anything.

    Attributes:
        opened: what is to be closed after `finish`, the last one first.
    """

    def __init__(self, path: Path, codec: ImageCodec, xmp: str | None = None) -> None:
        self.path = path
        self.codec = codec
        self.xmp = xmp
        self.opened: list[Any] = []

    @abstractmethod
    def write(self, images: ImageSet, number: int) -> None:
        """Append a part, whose first image has this number in the whole sample."""

    @abstractmethod
    def finish(self, manifest: dict[str, Any]) -> None:
        """Write what is left."""


class NpzSink(Sink):
    """Arrays `images`, `levels`, `seed` and, with classes, `labels` and `classes`.

    The parts are held as bytes until the end, since the head of an array tells its length.
    """

    def __init__(self, path: Path, codec: ImageCodec, xmp: str | None = None) -> None:
        super().__init__(path, codec, xmp)
        self._pixels = bytearray()
        self._labels: list[NDArray[np.int64]] = []

    def write(self, images: ImageSet, number: int) -> None:
        """Hold a part."""
        self._pixels += images.pixels.tobytes()
        if images.labels is not None:
            self._labels.append(images.labels.astype(np.int64))

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write all parts, one behind the other."""
        codec = self.codec
        depth = () if codec.channels == 1 else (codec.channels,)
        images = np.frombuffer(self._pixels, np.uint8)
        images = images.reshape(-1, codec.height, codec.width, *depth)
        arrays = {"images": images, "levels": np.array(codec.levels)}
        if "seed" in manifest:
            # Seeds that differ by a multiple of 2**64 stand for the same numbers.
            seed = int(manifest["seed"])
            small = -(2**63) <= seed < 2**63
            arrays["seed"] = np.array(seed if small else np.uint64(seed % 2**64))
        if codec.classes:
            arrays["labels"] = np.concatenate([*self._labels, np.empty(0, np.int64)])
            arrays["classes"] = np.array(codec.classes, np.str_)
        # A file that is open, since to a name NumPy would add its ending.
        with self.path.open("wb") as file:
            np.savez_compressed(file, **arrays)


class ParquetSink(Sink):
    """Columns `image`, a PNG, and, with classes, `label`; a row group for each part."""

    def __init__(self, path: Path, codec: ImageCodec, xmp: str | None = None) -> None:
        super().__init__(path, codec, xmp)
        columns = [("image", pa.binary())] + ([("label", pa.string())] if codec.classes else [])
        self.opened = [path.open("wb")]
        # What is compressed already would only cost time once more.
        self._writer = pq.ParquetWriter(self.opened[0], pa.schema(columns), compression="none")
        self.opened.append(self._writer)

    def write(self, images: ImageSet, number: int) -> None:
        """One row group."""
        pixels = spread(images.pixels, images.levels)
        columns = {"image": pa.array([to_png(image) for image in pixels], pa.binary())}
        if images.labels is not None:
            names = [self.codec.classes[label] for label in images.labels]
            columns["label"] = pa.array(names, pa.string())
        self._writer.write_table(pa.table(columns), row_group_size=max(1, len(images)))

    def finish(self, manifest: dict[str, Any]) -> None:
        """The manifest goes into the metadata of the file."""
        self._writer.add_key_value_metadata(key_values(manifest))


class FolderSink(Sink):
    """Files such as `000000.png`, with classes in one folder for each class."""

    def write(self, images: ImageSet, number: int) -> None:
        """One file for each image."""
        for index, image in enumerate(spread(images.pixels, images.levels)):
            folder = self.path
            if images.labels is not None:
                folder = folder / class_folder(self.codec.classes[images.labels[index]])
                folder.mkdir(exist_ok=True)
            (folder / f"{number + index:06d}.png").write_bytes(to_png(image, self.xmp))

    def finish(self, manifest: dict[str, Any]) -> None:
        """Each image is a file already."""


SINKS: dict[Kind, type[Sink]] = {"npz": NpzSink, "parquet": ParquetSink, "folder": FolderSink}
