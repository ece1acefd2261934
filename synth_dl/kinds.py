"""The kinds of data, each a folder of its own, by what users get for a trained model."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.artifact import damaged, existing, kind_of
from synth_dl.images.synthesizer import ImageSynthesizer
from synth_dl.tables.synthesizer import Synthesizer

if TYPE_CHECKING:
    from synth_dl.models.base import GenerativeModel

KINDS: dict[str, Any] = {each.kind: each for each in (Synthesizer, ImageSynthesizer)}


def load(path: str | Path, trust: str | Iterable[str] | None = None) -> Any:
    """Read an artifact; no code in it is run.

    Args:
        path: its folder, or that of its run.
        trust: packages of yours whose classes it may name, such as `mypackage`.

    Returns:
        A `Synthesizer` of a table, or an `ImageSynthesizer`.

    Raises:
        ArtifactError: if it is missing, damaged, foreign or too new.
    """
    name = kind_of(existing(path))
    if name not in KINDS:
        raise damaged(path)
    return KINDS[name].load(path, trust)


def synthesizer_of(
    model: "GenerativeModel",
    codec: Any,
    groups: Mapping[str, Any],
    facts: Mapping[str, Any],
    recipe: str | None = None,
) -> Any:
    """What users get for a model: of tables or of images, as the codec says."""
    return KINDS[codec.kind](model, codec, groups, facts, recipe)
