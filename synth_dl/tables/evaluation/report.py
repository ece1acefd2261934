"""The result of an evaluation of a table: its metrics, and the pictures that go with them."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synth_dl.metrics.report import CAUTION, Metric, metrics_table, write_files
from synth_dl.tables.schema import Schema

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Report:
    """All figures of one synthetic table.

    Attributes:
        metrics: in the order of the printed table.
        columns: by column, its shape and mean trend error and those of the holdout, in percent.
        pairs: names of columns and the matrix of their trend errors, in percent.
        rows: rows of each table handed in.
        target: the column of machine-learning efficiency.
        seed: of every random choice.
        seconds: wall time of everything.
        notes: in words, what could not be told and what was left out.
        real, synthetic, schema: what was compared, for the pictures; not written to JSON.
    """

    metrics: tuple[Metric, ...]
    columns: dict[str, dict[str, float]]
    pairs: tuple[tuple[str, ...], np.ndarray]
    rows: dict[str, int]
    target: str | None
    seed: int
    seconds: float
    notes: tuple[str, ...]
    real: pd.DataFrame = field(repr=False)
    synthetic: pd.DataFrame = field(repr=False)
    schema: Schema = field(repr=False)

    def __getitem__(self, name: str) -> Metric:
        """The metric of that name."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold; what could not be computed is None."""
        return {
            "metrics": {metric.name: asdict(metric) for metric in self.metrics},
            "columns": {str(name): errors for name, errors in self.columns.items()},
            "worst_pairs": self._worst_pairs(10),
            "rows": self.rows,
            "target": None if self.target is None else str(self.target),
            "seed": self.seed,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "caution": CAUTION,
        }

    def table(self) -> "Table":
        """The figures for a terminal, with the notes under them."""
        return metrics_table(
            "Synthetic against real", self.metrics, "independent columns", self.notes
        )

    def _worst_pairs(self, count: int) -> list[dict[str, Any]]:
        names, errors = self.pairs
        first, second = np.triu_indices(len(names), k=1)
        worst = np.argsort(-errors[first, second], kind="stable")[:count]
        return [
            {
                "columns": [str(names[first[place]]), str(names[second[place]])],
                "trend_error": float(errors[first[place], second[place]]),
            }
            for place in worst
        ]


def write_report(report: Report, folder: Path | str) -> dict[str, Path]:
    """Write `metrics.json`, `marginals.png` and `pairs.png`; each appears whole or not at all.

    Returns:
        The files by what they are: "metrics", "marginals" and, from two columns on, "pairs".

    Raises:
        ConfigError: if the folder cannot be written.
    """
    from synth_dl.tables.evaluation.pictures import marginals_figure, pairs_figure

    names, errors = report.pairs
    figures = {"marginals": marginals_figure(report.real, report.synthetic, report.schema)}
    if len(names) > 1:
        figures["pairs"] = pairs_figure(names, errors)
    return write_files(folder, report.to_dict(), figures)
