"""How a sample of images was made: enough to draw any one of them again."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.artifact import existing
from synth_dl.errors import ArtifactError
from synth_dl.provenance import digest_of

LIBRARIES = ("torch", "numpy", "pillow")  # that images are drawn with
_WEIGHTS, _DESCRIPTION = "weights.safetensors", "model.json"


def artifact_hash(folder: str | Path) -> str:
    """SHA-256 of the bytes of the weights and, behind them, of the description.

    Args:
        folder: an artifact, or the folder of a run that holds one.

    Raises:
        ArtifactError: if one of the two files cannot be read.
    """
    folder = existing(folder)
    try:
        return digest_of(folder / _WEIGHTS, folder / _DESCRIPTION)
    except OSError as error:
        raise ArtifactError(
            f"{folder}: {_WEIGHTS} or {_DESCRIPTION} cannot be read; copy the whole folder"
        ) from error


def describe_given(path: str | Path, images: int) -> dict[str, Any]:
    """The images that were completed, with a hash where they are one file."""
    path = Path(path)
    found: dict[str, Any] = {"path": str(path), "images": images}
    return found | ({"sha256": digest_of(path)} if path.is_file() else {})


def describe_mask(text: str, known: NDArray[np.bool_]) -> dict[str, Any]:
    """A mask [H, W] as it was asked for and as rows of `#` (known) and `.` (drawn)."""
    rows = ["".join("#" if pixel else "." for pixel in row) for row in known]
    return {"text": str(text), "known": int(known.sum()), "rows": rows}
