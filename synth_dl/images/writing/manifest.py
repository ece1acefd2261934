"""How a sample of images was made: enough to draw any one of them again."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.provenance.origin import digest_of

LIBRARIES = ("torch", "numpy", "pillow")  # that images are drawn with


def describe_given(path: str | Path, images: int) -> dict[str, Any]:
    """The images that were completed, with a hash where they are one file."""
    path = Path(path)
    found: dict[str, Any] = {"path": str(path), "images": images}
    return found | ({"sha256": digest_of(path)} if path.is_file() else {})


def describe_mask(text: str, known: NDArray[np.bool_]) -> dict[str, Any]:
    """A mask [H, W] as it was asked for and as rows of `#` (known) and `.` (drawn)."""
    rows = ["".join("#" if pixel else "." for pixel in row) for row in known]
    return {"text": str(text), "known": int(known.sum()), "rows": rows}
