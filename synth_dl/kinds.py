"""The kinds of data, each a folder of its own; the one place that lists them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.artifact import damaged, existing, kind_of
from synth_dl.images.codec import ImageCodec
from synth_dl.images.data import ImageData
from synth_dl.images.synthesizer import ImageSynthesizer
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.data import TableData
from synth_dl.tables.synthesizer import Synthesizer

if TYPE_CHECKING:
    from synth_dl.models.base import GenerativeModel


@dataclass(frozen=True)
class Kind:
    """What a kind of data brings along: see `tables` and `images`.

    Attributes:
        data: reads it and says what a training needs to know of it.
        codec: turns it into codes and back.
        synthesizer: what users get for a trained model.
    """

    data: Any
    codec: Any
    synthesizer: Any


KINDS = {
    "table": Kind(TableData, TableCodec, Synthesizer),
    "images": Kind(ImageData, ImageCodec, ImageSynthesizer),
}


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
    return kind_of_artifact(path).synthesizer.load(path, trust)


def kind_of_artifact(path: str | Path) -> Kind:
    """The kind of data that an artifact is a model of.

    Raises:
        ArtifactError: if it is missing, damaged or foreign.
    """
    name = kind_of(existing(path))
    if name not in KINDS:
        raise damaged(path)
    return KINDS[name]


def synthesizer_of(
    model: "GenerativeModel", codec: Any, groups: Mapping[str, Any], facts: Mapping[str, Any]
) -> Any:
    """What users get for a model: of tables or of images, as the codec says."""
    kind = next(kind for kind in KINDS.values() if isinstance(codec, kind.codec))
    return kind.synthesizer(model, codec, groups, facts)
