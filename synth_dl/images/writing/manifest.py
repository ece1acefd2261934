"""How a sample of images was made: enough to draw any one of them again."""

import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.artifact import existing
from synth_dl.errors import ArtifactError

_LIBRARIES = ("synth_dl", "torch", "numpy", "pillow")
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
        return _hash(folder / _WEIGHTS, folder / _DESCRIPTION)
    except OSError as error:
        raise ArtifactError(
            f"{folder}: {_WEIGHTS} or {_DESCRIPTION} cannot be read; copy the whole folder"
        ) from error


def describe_given(path: str | Path, images: int) -> dict[str, Any]:
    """The images that were completed, with a hash where they are one file."""
    path = Path(path)
    found: dict[str, Any] = {"path": str(path), "images": images}
    return found | ({"sha256": _hash(path)} if path.is_file() else {})


def describe_mask(text: str, known: NDArray[np.bool_]) -> dict[str, Any]:
    """A mask [H, W] as it was asked for and as rows of `#` (known) and `.` (drawn)."""
    rows = ["".join("#" if pixel else "." for pixel in row) for row in known]
    return {"text": str(text), "known": int(known.sum()), "rows": rows}


def versions() -> dict[str, str]:
    """What the images were drawn with."""
    found = {name: metadata.version(name) for name in _LIBRARIES}
    return found | {"python": platform.python_version()}


def _hash(*files: Path) -> str:
    """SHA-256 of files, one behind the other."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
