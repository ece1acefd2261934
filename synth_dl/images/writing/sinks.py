"""The images of an export, one class for each kind of file; none of them knows of final names."""

import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.writing.kinds import METADATA, Kind, class_folder
from synth_dl.images.writing.png import spread, to_png


class Sink(Protocol):
    """Takes images part by part; an OSError of the disk passes through."""

    def write(self, images: ImageSet, number: int) -> None:
        """Append a part, whose first image has this number in the whole sample."""

    def close(self, manifest: dict[str, Any]) -> None:
        """Finish what was written."""

    def discard(self) -> None:
        """Let go of open files."""


def open_sink(kind: Kind, path: Path, codec: ImageCodec) -> Sink:
    """Where images of this kind go; `path` is a new file, or a folder that stands and is empty."""
    sinks = {"npz": NpzSink, "parquet": ParquetSink, "folder": FolderSink}
    return sinks[kind](path, codec)


class NpzSink:
    """Arrays `images`, `levels`, `seed` and, with classes, `labels` and `classes`.

    The parts are held as bytes until the end, since the head of an array tells its length.
    """

    def __init__(self, path: Path, codec: ImageCodec) -> None:
        self.path = path
        self.codec = codec
        self._pixels: list[NDArray[np.uint8]] = []
        self._labels: list[NDArray[np.int64]] = []

    def write(self, images: ImageSet, number: int) -> None:
        """Hold a part."""
        self._pixels.append(images.pixels)
        if images.labels is not None:
            self._labels.append(images.labels.astype(np.int64))

    def close(self, manifest: dict[str, Any]) -> None:
        """Write all parts, one behind the other."""
        codec = self.codec
        depth = () if codec.channels == 1 else (codec.channels,)
        empty = np.empty((0, codec.height, codec.width, *depth), np.uint8)
        arrays = {"levels": np.array(codec.levels)}
        if "seed" in manifest:
            # Seeds that differ by a multiple of 2**64 stand for the same numbers.
            seed = int(manifest["seed"])
            small = -(2**63) <= seed < 2**63
            arrays["seed"] = np.array(seed if small else np.uint64(seed % 2**64))
        if codec.classes:
            arrays["labels"] = np.concatenate([*self._labels, np.empty(0, np.int64)])
            arrays["classes"] = np.array(codec.classes, np.str_)
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("images.npy", "w", force_zip64=True) as member:
                count = sum(len(part) for part in self._pixels)
                head = {
                    "descr": np.lib.format.dtype_to_descr(empty.dtype),
                    "fortran_order": False,
                    "shape": (count, *empty.shape[1:]),
                }
                np.lib.format.write_array_header_1_0(member, head)
                for part in self._pixels:
                    member.write(part.tobytes())
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)

    def discard(self) -> None:
        """Nothing is open."""


class ParquetSink:
    """Columns `image`, a PNG, and, with classes, `label`; a row group for each part."""

    def __init__(self, path: Path, codec: ImageCodec) -> None:
        self.codec = codec
        columns = [("image", pa.binary())] + ([("label", pa.string())] if codec.classes else [])
        self._file = path.open("wb")
        # What is compressed already would only cost time once more.
        self._writer = pq.ParquetWriter(self._file, pa.schema(columns), compression="none")

    def write(self, images: ImageSet, number: int) -> None:
        """One row group."""
        pixels = spread(images.pixels, images.levels)
        columns = {"image": pa.array([to_png(image) for image in pixels], pa.binary())}
        if images.labels is not None:
            names = [self.codec.classes[label] for label in images.labels]
            columns["label"] = pa.array(names, pa.string())
        self._writer.write_table(pa.table(columns), row_group_size=max(1, len(images)))

    def close(self, manifest: dict[str, Any]) -> None:
        """The manifest goes into the metadata of the file."""
        self._writer.add_key_value_metadata({METADATA: json.dumps(manifest, ensure_ascii=False)})
        self._writer.close()
        self._file.close()

    def discard(self) -> None:
        """Close what is open."""
        for resource in (self._writer, self._file):
            # Closing writes what was buffered, which the full disk refuses once more.
            with suppress(OSError, ValueError, pa.ArrowException):
                resource.close()


class FolderSink:
    """Files such as `000000.png`, with classes in one folder for each class."""

    def __init__(self, path: Path, codec: ImageCodec) -> None:
        self.path = path
        self.codec = codec

    def write(self, images: ImageSet, number: int) -> None:
        """One file for each image."""
        for index, image in enumerate(spread(images.pixels, images.levels)):
            folder = self.path
            if images.labels is not None:
                folder = folder / class_folder(self.codec.classes[images.labels[index]])
                folder.mkdir(exist_ok=True)
            (folder / f"{number + index:06d}.png").write_bytes(to_png(image))

    def close(self, manifest: dict[str, Any]) -> None:
        """Nothing is left to do."""

    def discard(self) -> None:
        """Nothing is open."""
