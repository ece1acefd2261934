"""What users keep and pass on: a folder with weights, a description in JSON and a card.

Loading runs no code from the folder. Class names in it are looked up only inside this package and
packages that the user names as trusted, the weights are safetensors, and nothing else is read.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from msgspec import Struct
from safetensors import SafetensorError
from safetensors.torch import save

from synth_dl import __version__
from synth_dl.building import OWN_CLASSES, Classes
from synth_dl.errors import ArtifactError, DataError
from synth_dl.models.base import GenerativeModel
from synth_dl.opening import converted, read_json, read_small
from synth_dl.spec import Spec
from synth_dl.writing import AtomicWriter, is_signed

FORMAT = 5
_MOST_BYTES, _MOST_ROWS = 1 << 26, 10**9  # of a description, and that a model was trained on
RECIPE = "recipe.yaml"  # of some families: the distributions that were found
FILES = ("model.json", "weights.safetensors", "README.md", RECIPE)
READABLE = (3, 4, 5)  # format 4 keeps identifiers in another way; 5 may have fine biases


class Codec(Protocol):
    """What a kind of data is asked for, so that a model of it can be kept and loaded."""

    @property
    def spec(self) -> Spec:
        """What one record is."""
        ...

    @property
    def ledger(self) -> Any:
        """Of differential privacy, or None: whether codec and weights were learnt under it."""
        ...

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold; `kind` names the kind of data."""
        ...

    def check(self) -> None:
        """Refuse, by a ValueError, a state that no fit leaves."""
        ...

    def contents(self) -> str:
        """For the card: what the records are, and how to draw some."""
        ...

    def promise(self) -> str:
        """For the card: what of the training records the codec holds."""
        ...


def write_artifact(
    folder: Path,
    model: GenerativeModel,
    groups: Mapping[str, Any],
    codec: Any,
    facts: Mapping[str, Any],
    *,
    recipe: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write the folder, whole or not at all.

    Args:
        folder: where it goes.
        model: the trained model.
        groups: the `_target_` entries of model, network and likelihood.
        codec: fitted on the training rows.
        facts: what the card tells: rows, target, steps, seed, validation nats.
        recipe: of the training records, as YAML, for a family that has one.
        overwrite: whether an artifact that stands there is replaced; other files in its folder
            stay.

    Raises:
        DataError: if the place is taken, or the folder cannot be written.
    """
    _check_place(folder, overwrite)
    description = {
        "format": FORMAT,
        "version": __version__,
        "torch": str(torch.__version__).split("+")[0],
        **{name: dict(groups[name]) for name in ("model", "network", "likelihood")},
        "facts": dict(facts),
        "spec": codec.spec.to_dict(),
        "codec": codec.to_dict(),
    }
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    with AtomicWriter(folder, what="the model", overwrite=True) as writer, writer.refusals():
        new = writer.temporary(folder)
        new.mkdir()
        if folder.is_dir():
            others = shutil.ignore_patterns(*FILES)
            shutil.copytree(folder, new, symlinks=True, ignore=others, dirs_exist_ok=True)
        (new / "weights.safetensors").write_bytes(save(weights))
        text = json.dumps(description, ensure_ascii=False)
        (new / "model.json").write_text(text, encoding="utf-8")
        (new / "README.md").write_text(card(codec, facts), encoding="utf-8")
        if recipe is not None:
            (new / RECIPE).write_text(recipe, encoding="utf-8")


def _check_place(folder: Path, overwrite: bool) -> None:
    """Refuse to replace anything but an artifact, and that only if it was asked for."""
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: this is a file; name a new folder")
    taken = [name for name in FILES if (folder / name).exists()]
    if not taken and folder.is_dir() and not overwrite and any(folder.iterdir()):
        raise DataError(
            f"{folder}: this folder holds something else than a model; name a new folder"
        )
    if taken and not (is_signed(folder / "model.json") or is_signed(folder / "README.md")):
        raise DataError(f"{folder}: {taken[0]} in this folder is not of a model; name a new folder")
    if taken and not overwrite:
        raise DataError(
            f"{folder}: a model stands here already; add overwrite=True to replace it, or name a "
            "new folder"
        )


def read_artifact(
    folder: str | Path, codec_of_kind: Any, classes: Classes = OWN_CLASSES
) -> tuple[GenerativeModel, Any, dict[str, Any], dict[str, Any]]:
    """Model, codec, facts and `_target_` entries of an artifact.

    Args:
        folder: an artifact, or the folder of a run that holds one.
        codec_of_kind: class of the `Codec` of the kind of data that it is a model of.
        classes: where those of model, network and likelihood may come from.

    Raises:
        ArtifactError: if it is missing, damaged, foreign or too new.
    """
    folder = existing(folder)
    description = _read_description(folder)
    groups = {name: getattr(description, name) for name in ("model", "network", "likelihood")}
    try:
        codec = codec_of_kind.from_dict(description.codec)
        if json.dumps(codec.spec.to_dict()) != json.dumps(description.spec):
            raise ValueError("codec and spec differ")
        codec.check()
        model = classes.stored_model(groups, codec.spec, folder / "weights.safetensors")
    except ArtifactError as error:
        raise ArtifactError(f"{folder}: {error}") from error
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError, AttributeError,
            ArithmeticError, SafetensorError, OSError, MemoryError) as error:  # fmt: skip
        if not (folder / "weights.safetensors").exists():
            raise ArtifactError(f"{folder}: weights.safetensors is missing; copy the whole folder"
                                ) from error  # fmt: skip
        raise damaged(folder) from error
    return model.eval(), codec, description.facts, groups


def recipe_of(folder: str | Path) -> str | None:
    """The recipe of an artifact, as YAML, where there is one.

    Raises:
        ArtifactError: if it cannot be read.
    """
    path = existing(folder) / RECIPE
    try:
        return read_small(path).decode("utf-8") if path.exists() else None
    except (DataError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: the file is damaged; copy the artifact again") from error


def kind_of(folder: str | Path) -> str:
    """`table` or `images`, as the artifact says; the rest of it is not looked at.

    Raises:
        ArtifactError: if it is missing, damaged or foreign.
    """
    folder = _inside_run(Path(folder))
    return str(_read_description(folder).codec.get("kind"))


def existing(folder: str | Path) -> Path:
    """The folder of an artifact, also where that of its run was given.

    Raises:
        ArtifactError: if there is none.
    """
    folder = _inside_run(Path(folder))
    if not folder.is_dir():
        raise ArtifactError(f"{folder}: there is no such artifact; give the folder that training "
                            "wrote, such as runs/adult/artifact")  # fmt: skip
    return folder


def damaged(folder: str | Path) -> ArtifactError:
    """What is said of an artifact that cannot be made sense of."""
    return ArtifactError(
        f"{folder}: the artifact is damaged or was not written by synth_dl; "
        "copy it again or train again"
    )


def _inside_run(folder: Path) -> Path:
    """The artifact, where the folder of a run was given."""
    return folder / "artifact" if (folder / "artifact" / "model.json").is_file() else folder


def card(codec: Any, facts: Mapping[str, Any]) -> str:
    """A short page for whoever receives the artifact."""
    lines = [
        "# Synthetic data model",
        "",
        f"Trained by synth_dl {__version__} on {facts.get('rows', 'unknown')} {codec.contents()}",
        "",
        "## What it holds of the training data",
        "",
        codec.promise(),
        *(() if codec.ledger is not None else _NOT_COVERED),
        "",
        "## Facts",
        "",
    ]
    lines += [
        f"- {name}: {value}"
        for name, value in facts.items()
        if isinstance(value, str | int | float)
    ]
    return "\n".join(lines) + "\n"


_NOT_COVERED = (
    "The weights in `weights.safetensors` are not covered by that promise: they were trained "
    "without a formal privacy guarantee, and a model can remember what it was trained on.",
    "Compare samples with the training data (`synth-evaluate`) before you pass them on.",
)
_Entry = dict[str, Any]


class _Description(Struct, forbid_unknown_fields=True):
    """What stands in `model.json`."""

    format: int
    version: str
    torch: str
    model: _Entry
    network: _Entry
    likelihood: _Entry
    spec: _Entry
    codec: _Entry
    facts: dict[str, Any] = {}

    def __post_init__(self) -> None:
        rows = self.facts.get("rows", 1)  # as many are drawn where nobody says how many
        if not isinstance(rows, int) or not 0 < rows <= _MOST_ROWS:
            raise ValueError("it was trained on no number of rows")


def _read_description(folder: Path) -> _Description:
    path = folder / "model.json"
    if not path.exists():
        raise ArtifactError(
            f"{folder}: model.json is missing, so this is no artifact; give the folder that "
            "training wrote, such as runs/adult/artifact"
        )
    try:
        state = read_json(path, dict[str, Any], _MOST_BYTES)
        version = converted(state.get("format"), int)
        if version in READABLE:
            return converted(state, _Description)
    except DataError as error:
        raise ArtifactError(str(error)) from error
    except ValueError as error:
        raise ArtifactError(f"{path}: the file is damaged; copy the artifact again") from error
    cure = "train again, or use the version of synth_dl that wrote it"
    if version > FORMAT:
        cure = "update synth_dl"
    raise ArtifactError(
        f"{folder}: it has format {version}, and this version of synth_dl reads "
        f"{' and '.join(map(str, READABLE))}; {cure}"
    )
