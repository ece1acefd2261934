"""Whether synthetic rows help a classifier: figures of every way to train one, and a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from synth_dl.metrics.class_scores import MEASURES, Interval
from synth_dl.metrics.report import CAUTION
from synth_dl.metrics.writing import as_json, write_together

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

FILES = ("metrics.json", "table.md")
TITLES = {
    "real": "real rows",
    "class_weights": "class weights",
    "over_sampling": "random over-sampling",
    "smote_nc": "SMOTE-NC",
    "synthetic": "synthetic rows",
    "model": "the model itself",
}
REFERENCE, OURS, MODEL, JUDGED = "class_weights", "synthetic", "model", "average_precision"
HEADINGS = ("log-loss", "AUC", "average precision")
CHANGE = "change of average precision against class weights"
_USE = {"real": "real rows as they are", "model": "the model itself (predict_proba)"}


@dataclass(frozen=True)
class Way:
    """One way to a classifier: its scores on the holdout, the mean over all repeats.

    Attributes:
        name: a key of `TITLES`.
        scores: by measure.
        changes: of each measure against class weights, on the same splits and holdout rows.
    """

    name: str
    scores: Mapping[str, Interval]
    changes: Mapping[str, Interval]

    @property
    def title(self) -> str:
        """For people."""
        return TITLES[self.name]


@dataclass(frozen=True)
class AugmentationReport:
    """How classifiers do on real holdout rows, by what they were trained on.

    Attributes:
        target: the column that is predicted.
        classes: rows of each in the real table and in the holdout.
        ways: in the order of `TITLES`; what could not be tried is not there, and a note says why.
        repeats: trainings of each.
        seed: of every random choice.
        seconds: wall time of everything.
        notes: in words, what was left out and what the figures rest on.
    """

    target: str
    classes: Mapping[str, tuple[int, int]]
    ways: tuple[Way, ...]
    repeats: int
    seed: int
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Way:
        """The way of that name."""
        return {way.name: way for way in self.ways}[name]

    @property
    def verdict(self) -> str:
        """One sentence: whether synthetic rows help, by how much, and what to use.

        They do where they are reliably better than class weights and no other treatment of the real
        rows is better than they are.
        """
        change, reached = self[OURS].changes[JUDGED], self._reached(self[OURS])
        found = (
            f"on the holdout, synthetic rows change average precision by {change.value:+.3f} "
            f"(95 % interval {change.low:.3f} to {change.high:.3f}) against class weights"
        )
        others = [way for way in self.ways if way.name != OURS]
        best = max(others, key=self._reached)
        beside = f"{self._reached(best):.3f} beside {reached:.3f}"
        use = _USE.get(best.name, best.title)
        if change.low <= 0:
            return f"No: {found}; use {use}."
        if self._reached(best) <= reached:
            return f"Yes: {found}; use them."
        rivals = [way for way in others if way.name != MODEL]
        helped = all(self._reached(way) <= reached for way in rivals)
        answer = "Yes" if helped else "No"
        return f"{answer}: {found}, but with {best.title} it is {beside}; use {use}."

    @staticmethod
    def _reached(way: Way) -> float:
        return way.scores[JUDGED].value

    @property
    def table(self) -> pd.DataFrame:
        """A row for each way; of each measure the mean and the ends of its interval."""
        rows = {way.title: self._figures(way) for way in self.ways}
        return pd.DataFrame.from_dict(rows, orient="index")

    def _figures(self, way: Way) -> dict[str, float]:
        held = {**dict(zip(HEADINGS, map(way.scores.get, MEASURES), strict=True)),
                CHANGE: way.changes[JUDGED]}  # fmt: skip
        found: dict[str, float] = {}
        for heading, interval in held.items():
            assert interval is not None  # every way has every measure
            found |= {heading: interval.value, f"{heading}, low": interval.low,
                      f"{heading}, high": interval.high}  # fmt: skip
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "verdict": self.verdict,
            "target": self.target,
            "rows": {
                name: {"real": real, "holdout": held} for name, (real, held) in self.classes.items()
            },
            "metrics": {
                way.name: {
                    measure: {**asdict(way.scores[measure]), "change": asdict(way.changes[measure])}
                    for measure in MEASURES
                }
                for way in self.ways
            },
            "repeats": self.repeats,
            "seed": self.seed,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "caution": CAUTION,
        }

    def console_table(self) -> "Table":
        """The figures for a terminal, with the notes under them."""
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=escape(f"Classifiers of {self.target} on the holdout"),
                      caption=escape("\n".join(self.notes)) or None)  # fmt: skip
        table.caption_justify = "left"
        table.add_column("trained on")
        for heading in (*HEADINGS, "change of the last"):
            table.add_column(heading, justify="right")
        for row in self._cells():
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """Verdict, figures and notes as a page."""
        heads = ("trained on", *HEADINGS, CHANGE)
        lines = [_line(heads), _line(["---"] * len(heads)), *map(_line, self._cells())]
        notes = [f"- {note}" for note in self.notes]
        parts = [f"# Classifiers of {self.target}", "Written by synth_dl.", self.verdict,
                 "\n".join(lines), "\n".join(notes)]  # fmt: skip
        return "\n\n".join(part for part in parts if part) + "\n"

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                way.title,
                *(_shown(way.scores[measure]) for measure in MEASURES),
                "–" if way.name == REFERENCE else _shown(way.changes[JUDGED], sign="+"),
            )
            for way in self.ways
        ]

    def save(self, folder: Path | str, *, overwrite: bool = False) -> dict[str, Path]:
        """Write `metrics.json` and `table.md`; both or none.

        Args:
            folder: is made where it is missing.
            overwrite: whether an earlier report in it may be replaced; other files never are.

        Raises:
            DataError: if a report stands there, or the folder cannot be written.
        """
        texts = (as_json(self.to_dict()), self.markdown())
        contents: dict[str, str | Figure] = dict(zip(FILES, texts, strict=True))
        paths = write_together(Path(folder), contents, "the report", overwrite)
        return {path.stem: path for path in paths}


def _shown(interval: Interval, sign: str = "") -> str:
    ends = f"{interval.low:.3f} to {interval.high:.3f}"
    return f"{interval.value:{sign}.3f} ({ends})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
