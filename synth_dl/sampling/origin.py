"""Which model a sample is drawn from, in what is told of it."""

from pathlib import Path
from typing import Any

from synth_dl.artifact import existing
from synth_dl.errors import ArtifactError
from synth_dl.provenance.origin import digest_of

_WEIGHTS, _DESCRIPTION = "weights.safetensors", "model.json"


def describe_artifact(folder: str | Path) -> dict[str, Any]:
    """Its place and its hash; an ArtifactError as by `artifact_hash`."""
    return {"artifact": {"path": str(folder), "sha256": artifact_hash(folder)}}


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
