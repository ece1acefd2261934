"""How a new run takes the place of an old one in its folder, so that no mistake loses either.

A new run is prepared in a hidden folder. Once nothing of it can be refused any more, the files of
the old run are moved aside and those of the new one are moved in. The old ones are removed when
the new run has weights to keep, and put back where it fails before. Only files that a run wrote
are ever moved or removed; whatever else lies in the folder stays.

After a kill, hidden folders tell how far it was: `NEW` is worth nothing, files in `ASIDE` are
on their way from or to their places, and `OLD` holds all files of the old run.
"""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from synth_dl.metrics.figures import FILE as ASSESSMENT
from synth_dl.metrics.report import FILES as REPORT
from synth_dl.opening import read_json
from synth_dl.training.plan import Plan
from synth_dl.writing import SIGN, UNFINISHED, is_signed, write_file

MARKER, PLAN, RUN = ".synth_dl", "plan.json", "run.json"
NEW, ASIDE, OLD = (f"{MARKER}.{name}" for name in ("new", "aside", "old"))
_BOARDS = ("events.out.tfevents.*", "hparams.yaml", "metrics.csv")
# Everything that a run writes, and so all that overwrite=true removes; first of all the plan,
# without which nothing is taken for a run that can go on.
WRITTEN = (
    PLAN, RUN, "config.yaml", "schema.yaml", "traceback.txt", "train.log", ASSESSMENT,
    *(
        f"{folder}/{name}"
        for folder in ("artifact", "private")
        for name in ("model.json", "weights.safetensors", "README.md")
    ),
    "artifact/recipe.yaml",
    "checkpoints/*.ckpt",
    *(f"data/{name}.parquet" for name in ("train", "holdout")),
    *(f"report/{name}" for name in REPORT),
    *(f"{folder}/**/{name}" for folder in ("tensorboard", "lightning_logs") for name in _BOARDS),
    "profile/fit-*", "fits/*.png",
)  # fmt: skip
WEIGHTS = ("checkpoints/best.ckpt", "checkpoints/cut_short.ckpt", "artifact/model.json")


class Replacement:
    """The old and the new run of one folder.

    Args:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.new, self._aside, self._old = (path / name for name in (NEW, ASIDE, OLD))
        self._made: list[Path] = []

    @property
    def untouched(self) -> bool:
        """Whether nothing lies in the folder but what a run began with."""
        names = {entry.name for entry in self.path.iterdir()} - {MARKER, NEW}
        return all(name.startswith(UNFINISHED) for name in names)

    def begin(self) -> None:
        """Make the folder, with the mark that it is ours, and a place to prepare a run in.

        Raises:
            OSError: if it cannot be made.
        """
        marker = self.path / MARKER
        self._made = [each for each in (marker, self.path, *self.path.parents) if not each.exists()]
        self.path.mkdir(parents=True, exist_ok=True)
        if marker in self._made:
            about = {"written_by": SIGN, "what": "a run of synth-train", "format": 1}
            write_file(marker, json.dumps(about) + "\n", "the run")
        self.settle()
        shutil.rmtree(self.new, ignore_errors=True)
        self.new.mkdir()

    def abandon(self) -> None:
        """Leave the folder as it was before `begin`."""
        shutil.rmtree(self.new, ignore_errors=True)
        for place in self._made:  # some of which may not have been made
            with suppress(OSError):
                place.unlink() if place.name == MARKER else place.rmdir()

    def swap(self) -> None:
        """Move the old run aside and the new one in."""
        if old := written(self.path):
            _move(old, self.path, self._aside)
            self._aside.rename(self._old)
        new = [path for path in self.new.rglob("*") if path.is_file()]
        _move(sorted(new, key=lambda path: path.name == PLAN), self.new, self.path)

    def recover(self) -> None:
        """Put an old run back that a kill left aside, unless there is a new one to go on with."""
        if not (self._old.exists() and (self.path / PLAN).exists()):
            self.settle()

    def settle(self) -> None:
        """Remove the old run where the new one has weights, and put it back where it has none."""
        for cut_off in self.path.glob(f"**/{UNFINISHED}*"):
            shutil.rmtree(cut_off)
        if self._old.exists() and any((self.path / name).exists() for name in WEIGHTS):
            shutil.rmtree(self._old)
        elif self._old.exists():
            for path in written(self.path):
                path.unlink()
            self._old.rename(self._aside)
        if self._aside.exists():
            back = [path for path in self._aside.rglob("*") if path.is_file()]
            _move(back, self._aside, self.path)


def written(path: Path) -> list[Path]:
    """All files in a folder that a run wrote."""
    found = [file for pattern in WRITTEN for file in path.glob(pattern)]
    return [file for file in found if file.is_symlink() or file.is_file()]


def is_run(path: Path) -> bool:
    """Whether a folder is that of a run; one of an older version is known by what its files say."""
    if is_signed(path / MARKER):
        return True
    table, images = {"train", "holdout", "target", "schema"}, {"kind", "data", "split"}
    state, plan = (_keys(path / name) for name in (RUN, PLAN))
    return (
        ("finished" in state and (table <= state or images <= state))
        or {"made_from", *(entry.name for entry in fields(Plan))} <= plan
    )  # fmt: skip


def _keys(path: Path) -> set[str]:
    """Those of a JSON file; none where it is no such file."""
    try:
        return set(read_json(path, dict[str, Any]))
    except ValueError:
        return set()


def _move(files: Iterable[Path], source: Path, target: Path) -> None:
    """Move files from one folder to another; folders that are empty then are removed."""
    emptied = {source}
    for file in files:
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, place)
        emptied |= {each for each in file.parents if each.is_relative_to(source)}
    for folder in sorted(emptied, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):  # it holds something else
            folder.rmdir()
