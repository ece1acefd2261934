"""What a run folder says of itself in its `run.json`, of a table or of images."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_dl.errors import DataError
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


def read_run(folder: Path) -> TableRun | ImageRun:
    """The files of a run, or where its images come from.

    Raises:
        DataError: if the folder is no run, or its `run.json` is damaged.
    """
    place, cure = folder / RUN, "real=FILE"
    try:
        state: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        if state.get("kind") == "images":
            cure = "data=NAME"
            data, seed = dict(state["data"]), int(state["seed"])
            return ImageRun(folder / "artifact", data, seed, state.get("split"))
        paths = {name: folder / state[name] for name in ("holdout", "schema", "synthetic")
                 if state.get(name)}  # fmt: skip
        return TableRun(
            artifact=folder / "artifact",
            train=folder / state["train"],
            holdout=paths.get("holdout"),
            schema=paths.get("schema"),
            target=state.get("target"),
            synthetic=paths.get("synthetic"),
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(
            f"'{folder}' is no run folder, as it has no {RUN}: name one that a training left."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"'{place}' is damaged: train again, or give {cure}.") from error


def read_by_run(folder: Path | str) -> list[Path]:
    """The files and folders that a run was trained on; none where there is no such run."""
    try:
        run = read_run(Path(folder))
    except DataError:
        return []
    if isinstance(run, TableRun):
        return [path for path in (run.train, run.holdout, run.schema) if path is not None]
    return [Path(str(run.data[key])) for key in ("path", "root") if run.data.get(key)]


def read_image_run(folder: Path) -> ImageRun:
    """The same of a run that learned from images, and from nothing else.

    Raises:
        DataError: if the folder is no run, or none of images.
    """
    found = read_run(folder)
    if isinstance(found, ImageRun):
        return found
    raise DataError(f"'{folder}' is no run of images: name one that learned from images.")
