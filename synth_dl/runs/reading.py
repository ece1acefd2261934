"""What a run folder says of itself in its `run.json`, of a table or of images."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import Struct

from synth_dl.errors import DataError
from synth_dl.opening import converted, read_json
from synth_dl.runs.folder import RUN


@dataclass(frozen=True)
class TableRun:
    """A run that learned from a table.

    Attributes:
        artifact: folder of the model.
        train: file of the rows that were trained on.
        holdout: rows kept from training, or None.
        schema: file with the schema of the table.
        target: the column that an evaluation predicts, or None.
        synthetic: rows that were drawn already, or None.
    """

    artifact: Path
    train: Path
    holdout: Path | None
    schema: Path | None
    target: str | None
    synthetic: Path | None


@dataclass(frozen=True)
class ImageRun:
    """A run that learned from images.

    Attributes:
        artifact: folder of the model.
        data: the data config.
        seed: of the splits.
        split: digests of the parts at the time of training, or None.
    """

    artifact: Path
    data: dict[str, Any]
    seed: int
    split: dict[str, Any] | None


class _Table(Struct):
    """What `run.json` says of a run that learned from a table."""

    train: str
    holdout: str | None = None
    schema: str | None = None
    target: str | None = None
    synthetic: str | None = None


class _Images(Struct):
    """What `run.json` says of a run that learned from images."""

    data: dict[str, Any]
    seed: int
    split: dict[str, Any] | None = None


def read_run(folder: Path) -> TableRun | ImageRun:
    """The files of a run, or where its images come from.

    Raises:
        DataError: if the folder is no run, or its `run.json` is damaged.
    """
    place, cure = folder / RUN, "real=FILE"
    if not place.exists():
        raise DataError(
            f"'{folder}' is no run folder, as it has no {RUN}: name one that a training left."
        )
    try:
        state = read_json(place, dict[str, Any])
        if state.get("kind") == "images":
            cure = "data=NAME"
            images = converted(state, _Images)
            return ImageRun(folder / "artifact", images.data, images.seed, images.split)
        table = converted(state, _Table)
    except ValueError as error:
        raise DataError(f"'{place}' is damaged: train again, or give {cure}.") from error
    names = {"holdout": table.holdout, "schema": table.schema, "synthetic": table.synthetic}
    files = {name: folder / file if file else None for name, file in names.items()}
    return TableRun(folder / "artifact", folder / table.train, target=table.target, **files)


def read_by_run(folder: Path | str) -> list[Path]:
    """The files and folders that a run was trained on; none where there is no such run."""
    try:
        run = read_run(Path(folder))
    except DataError:
        return []
    if isinstance(run, TableRun):
        return [path for path in (run.train, run.holdout, run.schema) if path is not None]
    return [Path(str(run.data[key])) for key in ("path", "root") if run.data.get(key)]


def read_around(artifact: Path | str) -> list[Path]:
    """What the run around an artifact was trained on, as the artifact itself does not know it."""
    place = Path(artifact)
    return [*read_by_run(place), *read_by_run(place.parent)]


def trained_on(artifact: Path | str) -> Path | None:
    """The file of the rows that the model of an artifact learnt from; None where no run says it."""
    for folder in (Path(artifact), Path(artifact).parent):
        with suppress(DataError):
            run = read_run(folder)
            return run.train if isinstance(run, TableRun) else None
    return None


def read_image_run(folder: Path) -> ImageRun:
    """The same of a run that learned from images, and from nothing else.

    Raises:
        DataError: if the folder is no run, or none of images.
    """
    found = read_run(folder)
    if isinstance(found, ImageRun):
        return found
    raise DataError(f"'{folder}' is no run of images: name one that learned from images.")
