"""Images as records: the class, where there is one, and then the pixels in raster order.

What the codec keeps is a size, a number of levels and the names of the classes: nothing of any
image.
"""

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from synth_dl.opening import converted
from synth_dl.spec import Grid, Spec, Variable

_MOST_NUMBERS = 2**22  # of an image


@dataclass(frozen=True)
class ImageCodec:
    """[N, H, W, C] levels and their classes to [N, V] codes, and back.

    Attributes:
        height, width, channels: of each image.
        levels: values of a pixel.
        classes: names of the classes, empty where images have none. With classes, the first code
            of a record is the class, as an index into these.
    """

    kind: ClassVar[str] = "images"
    ledger: ClassVar[None] = None  # images are not learnt under differential privacy
    height: Annotated[int, Meta(ge=1, le=2**16)]
    width: Annotated[int, Meta(ge=1, le=2**16)]
    channels: Annotated[int, Meta(ge=1, le=2**16)]
    levels: Annotated[int, Meta(ge=2, le=256)]
    classes: tuple[str, ...] = ()

    @property
    def spec(self) -> Spec:
        """What one record is."""
        label = (Variable("label", len(self.classes), 0),) if self.classes else ()
        columns = ("label",) if self.classes else ()
        grid = Grid(self.height, self.width, self.channels, self.levels)
        return Spec(label, columns, grid)

    def encode(
        self, pixels: NDArray[np.integer], labels: NDArray[np.integer] | None = None
    ) -> NDArray[np.int16]:
        """[N, V] codes.

        Args:
            pixels: [N, H, W, C] levels; -1 where unknown.
            labels: [N] indices into the classes, -1 where unknown; None if all are.
        """
        flat = pixels.reshape(len(pixels), math.prod(pixels.shape[1:])).astype(np.int16)
        if not self.classes:
            return flat
        first = np.full(len(pixels), -1) if labels is None else labels
        return np.concatenate([first[:, None].astype(np.int16), flat], 1)

    def decode(
        self, codes: NDArray[np.integer]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
        """[N, H, W, C] levels, and [N] indices of classes where there are classes."""
        first = 1 if self.classes else 0
        shape = (len(codes), self.height, self.width, self.channels)
        labels = codes[:, 0].astype(np.int64) if self.classes else None
        return codes[:, first:].astype(np.uint8).reshape(shape), labels

    def contents(self) -> str:
        """For the card: what the images are, and how to draw some."""
        kind = {1: "grey", 3: "RGB"}.get(self.channels, f"{self.channels} channels")
        classes = f"; classes: {', '.join(self.classes)}" if self.classes else ""
        return (
            f"images of {self.height}×{self.width} pixels, {kind}, {self.levels} levels{classes}."
            "\n\nDraw images with `synth-sample artifact=<this folder> n=100 out=synthetic.npz` or "
            "`synth_dl.load('<this folder>').sample(100)`."
        )

    def promise(self) -> str:
        """For the card: what of the training images the codec holds."""
        return (
            "`model.json` holds the size of the images, the number of levels and the names of the "
            "classes, and nothing of any image."
        )

    def check(self) -> None:
        """Refuse, by a ValueError, more pixels than a model can make."""
        if self.height * self.width * self.channels > _MOST_NUMBERS:
            raise ValueError(f"no images are like this: {self}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {"kind": self.kind, **asdict(self), "classes": list(self.classes)}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "ImageCodec":
        """The inverse of `to_dict`."""
        return converted({key: value for key, value in state.items() if key != "kind"}, cls)
