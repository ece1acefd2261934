"""Images to an archive, a Parquet file or a folder of PNGs, part by part.

Beside the images stand a manifest, which tells how they were made, and a contact sheet; where they
are labelled as synthetic, also a dataset card and Croissant metadata.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.writing.contact_sheet import SHOWN, contact_sheet
from synth_dl.images.writing.places import Places, places
from synth_dl.images.writing.png import spread, to_png
from synth_dl.images.writing.sinks import SINKS, Sink
from synth_dl.provenance.croissant import ExportedFile
from synth_dl.provenance.label import Label, manifest_of
from synth_dl.provenance.xmp import packet
from synth_dl.writing import AtomicWriter, check_free


class ImageWriter(AtomicWriter):
    """Writes the parts of a sample of images, which appear under their names when all is whole.

        with ImageWriter("digits.npz", codec, {"seed": 0}) as writer:
            for part in parts:
                writer.write(part)

    The ending tells the kind:

    - `.npz`: arrays `images` ([N, H, W] for grey, else [N, H, W, C]; uint8 levels), `levels`,
      `seed` where the manifest has one, and with classes `labels` and `classes`. All images are
      held until the end.
    - `.parquet`: columns `image` (PNG) and, with classes, `label`; a row group for each part and
      the manifest in the metadata.
    - no ending, or `/` behind the name: a folder of PNGs, with classes in a folder for each. It
      must be new or empty, or with `overwrite` an earlier export and nothing else.

    The levels of a PNG lie evenly from 0 to 255. Beside a file `digits.npz` stand the manifest
    `digits.npz.json` and the contact sheet `digits.png` of the first 100 images; in a folder they
    are called `manifest.json` and `contact-sheet.png`. What a label says stands in the manifest, in
    the metadata of Parquet, and in each PNG file as XMP. A missing folder is made. Where the block
    ends with an exception, nothing is left behind and files from before stay as they were.

    Attributes:
        places: where all of it goes.
        manifest: may be added to until the block ends; the size, levels, classes and number of
            the images are added then.

    Raises:
        ConfigError: for any other ending.
        DataError: one sentence, for a place that is taken, a full disk and the like.
    """

    what = "the images"

    def __init__(
        self,
        out: str | Path,
        codec: ImageCodec,
        manifest: dict[str, Any],
        *,
        label: Label | None = None,
        first: int = 0,
        overwrite: bool = False,
    ) -> None:
        """
        Args:
            out: file or folder.
            codec: says what the images are.
            manifest: plain data on how they were made.
            label: that they are synthetic; of real images None.
            first: number of the first image in the whole sample, for the names of PNGs.
            overwrite: whether an earlier export may be replaced.
        """
        self.places = places(out)
        super().__init__(*self.places.beside(label), self.places.out, overwrite=overwrite)
        self.manifest = dict(manifest)
        self._label = label
        self.stale = self.places.sidecars.stale(self.paths)
        self._codec = codec
        self._first = first
        self._count = 0
        self._shown: list[NDArray[np.uint8]] = []
        self._sink: Sink | None = None

    def check(self) -> None:
        """A DataError if one of the places is taken."""
        check_places(self.places, self.overwrite, label=self._label)

    def open(self) -> None:
        """Begin the file, or make the folder."""
        inside = self.temporary(self.path)
        if self.places.kind == "folder":
            inside.mkdir()
        label = self._label
        self._xmp = None if label is None else packet(manifest_of("images", label, self.manifest))
        self._sink = SINKS[self.places.kind](inside, self._codec, self._xmp)
        self.opened = self._sink.opened

    def write(self, images: ImageSet) -> None:
        """Append images of the codec's size, levels and classes."""
        codec = self._codec
        if (*images.shape, images.levels) != (
            codec.height, codec.width, codec.channels, codec.levels
        ) or (images.labels is None) == bool(codec.classes):  # fmt: skip
            raise ValueError("images and codec differ in size, levels or classes")
        assert self._sink is not None  # made on entering the block
        with self.refusals():
            self._sink.write(images, self._first + self._count)
        missing = SHOWN - min(self._count, SHOWN)
        self._shown.append(images.pixels[:missing].copy())
        self._count += len(images)

    def finish(self) -> None:
        """Write the manifest and the contact sheet."""
        assert self._sink is not None  # made on entering the block
        codec = self._codec.to_dict() | {"images": self._count}
        del codec["kind"]
        self.manifest = {**manifest_of(self._codec.kind, self._label, self.manifest), **codec}
        self._sink.finish(self.manifest)
        super().finish()
        empty = np.empty((0, codec["height"], codec["width"], codec["channels"]), np.uint8)
        shown = np.concatenate([empty, *self._shown])
        sheet = to_png(contact_sheet(spread(shown, codec["levels"])), self._xmp)
        inside = self.temporary(self.path)
        around = inside if self.places.kind == "folder" else inside.parent
        (around / self.places.sheet.name).write_bytes(sheet)
        sidecars, cards = self.places.sidecars, self._label is not None and self._label.card
        sidecars.write(around, self.path.name, self.manifest, [self._exported()], cards)

    def _exported(self) -> ExportedFile:
        """What the images are called by others."""
        image, label = ("image", "sc:ImageObject"), ("label", "sc:Text")
        name, classes = self.path.name, self._codec.classes
        if self.places.kind == "folder":
            pattern = "*/*.png" if classes else "[0-9]*.png"
            return ExportedFile(pattern, "image/png", self._count, (image,), many=True)
        if self.places.kind == "npz":
            return ExportedFile(name, "application/x-npz", self._count)
        fields = (image, label) if classes else (image,)
        return ExportedFile(name, "application/x-parquet", self._count, fields)


def check_places(
    where: Places,
    overwrite: bool,
    read: Iterable[Path | str | None] = (),
    label: Label | None = None,
) -> None:
    """Refuse, by a DataError, a place for images that is taken, or one beside it that their label
    needs; `read` as in `check_free`."""
    out = where.out
    if where.kind != "folder":
        if out.is_dir():
            raise DataError(f"{out}: this is a folder; choose another name for the images")
        check_free(out, beside=where.beside(label), overwrite=overwrite, read=read)
        return
    if out.is_file():
        raise DataError(f"{out}: this is a file; name a new folder")
    files = [path for path in out.rglob("*") if not path.is_dir()]
    if files and not overwrite:
        raise DataError(
            f"{out}: this folder holds files already; add overwrite=true to replace an earlier "
            "export, or name a new folder"
        )
    # The files of an earlier export are ours, whatever they are called.
    check_free(beside=files, overwrite=True, read=read)
    check_free(out, overwrite=True, read=read)
