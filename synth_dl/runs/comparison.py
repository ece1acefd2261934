"""Several runs side by side: which can be compared, and which is best at what."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synth_dl.errors import DataError
from synth_dl.metrics.figures import FILE, Assessment, Figure, read_assessment
from synth_dl.runs.folder import PLAN, RUN

# One of them is in every folder that a training began to fill.
RUN_FILES = (RUN, PLAN)
SHOWN = 8  # digits of a digest that tell two contents apart
REFERENCES = {"perfect": "training records", "trivial": "independent columns or pixels"}


@dataclass(frozen=True)
class Run:
    """One run: what it is called here, its folder, and what is known of it."""

    name: str
    folder: Path
    assessment: Assessment

    def figure(self, column: Figure) -> Figure | None:
        """Its own figure of a column, or None."""
        return {_key(figure): figure for figure in self.assessment.figures}.get(_key(column))


@dataclass(frozen=True)
class Group:
    """Runs on the same data.

    Attributes:
        data: the name of the data.
        kind: `table` or `images`.
        runs: in the order in which they were given.
        columns: a figure of each kind that any of the runs has, in the order of the first run.
        contents: what tells the data from others of the same name, where there are any.
    """

    data: str
    kind: str
    runs: tuple[Run, ...]
    columns: tuple[Figure, ...]
    contents: str | None = None

    @property
    def title(self) -> str:
        """The name of the data, and their contents where the name alone is not enough."""
        return f"{self.data} (contents {self.contents})" if self.contents else self.data

    def values(self, column: Figure) -> list[float | None]:
        """One value a run."""
        figures = [run.figure(column) for run in self.runs]
        return [None if figure is None else figure.value for figure in figures]

    def reference(self, column: Figure, which: str) -> float | None:
        """What the perfect or the trivial generator gets: the mean over the runs that tell it.

        Runs of one seed have the same references; those of others rest on another split.
        """
        figures = [run.figure(column) for run in self.runs]
        told = [getattr(figure, which) for figure in figures if figure is not None]
        known = [value for value in told if value is not None]
        return sum(known) / len(known) if known else None

    def best(self, column: Figure) -> set[int]:
        """Places of the runs with the best value; of all that have it."""
        known = {k: value for k, value in enumerate(self.values(column)) if value is not None}
        if not known:
            return set()
        loss = {"lower": float, "higher": lambda value: -value, "0.5": lambda v: abs(v - 0.5)}
        losses = {place: loss[column.better](value) for place, value in known.items()}
        return {place for place, value in losses.items() if value == min(losses.values())}

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        columns = []
        for column in self.columns:
            entry = {key: getattr(column, key) for key in ("name", "title", "unit", "better")}
            entry |= {which: self.reference(column, which) for which in REFERENCES}
            entry["values"] = [
                {"run": run.name, "value": value, "best": place in self.best(column)}
                for place, (run, value) in enumerate(
                    zip(self.runs, self.values(column), strict=True)
                )
            ]
            columns.append(entry)
        runs = []
        for run in self.runs:
            known = asdict(run.assessment)
            del known["figures"]
            runs.append({"run": run.name, "folder": str(run.folder), **known})
        told = {"data": self.data, "contents": self.contents, "kind": self.kind}
        return {**told, "runs": runs, "metrics": columns}


def find_runs(places: Sequence[str | Path]) -> tuple[list[Run], list[Path]]:
    """The runs of some folders, each a run or a folder with runs anywhere in it.

    Returns:
        The runs, and the folders of runs inside the given ones that have no assessment.

    Raises:
        DataError: if a folder does not exist, holds no run, or if an assessment is missing from a
            given run or is damaged.
    """
    folders: list[Path] = []
    without: list[Path] = []
    for place in map(Path, places):
        if not place.is_dir():
            raise DataError(f"there is no folder '{place}': name the run folders to compare")
        if any((place / name).is_file() for name in (FILE, *RUN_FILES)):
            folders.append(place)
            continue
        inside = sorted(path.parent for path in place.rglob(FILE))
        begun = sorted({path.parent for name in RUN_FILES for path in place.rglob(name)})
        if not inside:
            raise DataError(
                f"'{place}' holds no run with {FILE}: name folders that a training left, with "
                "assess=true, which is the default"
            )
        folders += inside
        without += [folder for folder in begun if folder not in inside]
    once = list({folder.resolve(): folder for folder in folders}.values())
    named = zip(names_of(once), once, strict=True)
    return [Run(name, folder, read_assessment(folder)) for name, folder in named], without


def grouped(runs: Sequence[Run]) -> list[Group]:
    """The runs by their data, in the order in which the data first occur.

    Data are the same if their names and their digests are. A run without a digest goes by its name,
    unless that stands for several contents.

    Raises:
        DataError: if there are several runs, and no two of them learned the same data.
    """
    groups: dict[tuple[str, str, str | None], list[Run]] = {}
    for run in runs:
        found = run.assessment
        groups.setdefault((found.kind, found.data, _contents(run, runs)), []).append(run)
    if len(runs) > 1 and len(groups) == len(runs):
        names = ", ".join(data for _, data, _ in groups)
        shared = any(contents for _, _, contents in groups)
        said = "; the contents differ though the name is the same" if shared else ""
        raise DataError(
            f"the runs learned different data ({names}{said}), so that no two can be compared: "
            "name runs of the same data"
        )
    return [
        Group(data, kind, tuple(members), _columns(members), contents)
        for (kind, data, contents), members in groups.items()
    ]


def _contents(run: Run, runs: Sequence[Run]) -> str | None:
    """What tells the data of a run from others of their name, or None where all are the same."""
    named = run.assessment.kind, run.assessment.data
    others = [each.assessment for each in runs]
    digests = {each.digest for each in others if (each.kind, each.data) == named} - {None}
    if len(digests) < 2:
        return None
    return run.assessment.digest[:SHOWN] if run.assessment.digest else "unknown"


def _columns(runs: Sequence[Run]) -> tuple[Figure, ...]:
    """A figure of each kind; one that only some runs have stands where the longest list has it."""
    lists = sorted((run.assessment.figures for run in runs), key=len, reverse=True)
    order = list(dict.fromkeys(figure.name for figures in lists for figure in figures))
    found = {_key(figure): figure for run in runs for figure in run.assessment.figures}
    return tuple(sorted(found.values(), key=lambda figure: order.index(figure.name)))


def _key(figure: Figure) -> tuple[str, str, str]:
    """What makes two figures comparable: two targets are two columns."""
    return figure.name, figure.title, figure.unit


def names_of(folders: Sequence[Path]) -> list[str]:
    """What differs between the paths, or the name of a lone one."""
    whole = [folder.resolve() for folder in folders]
    if len(whole) == 1:
        return [whole[0].name]
    shared = Path(os.path.commonpath(whole))
    return [str(path.relative_to(shared)) if path != shared else path.name for path in whole]
