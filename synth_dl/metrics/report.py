"""The frame of a report: figures, each beside its references, as a table and as files."""

import inspect
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

CAUTION = (
    "These figures were computed from real rows: whoever sees many of them, for many synthetic "
    "tables, learns about those rows. Publish them with the care that the real table needs."
)


@dataclass(frozen=True)
class Metric:
    """One figure beside its two references; None is a figure that could not be computed.

    Attributes:
        name: key in `metrics.json`.
        title: what the printed table calls it.
        definition: one sentence; the docstring of the function of that name says more.
        unit: "%", "points", "AUC", "R2" or "nats a row"; empty for a plain number.
        better: "lower", "higher", or the value that is best, such as "0.5".
        synthetic: the figure of the synthetic table or images.
        holdout: the same with the real holdout in their place.
        independent: the same with a generator without dependence: each column of the training rows
            shuffled on its own, or each pixel drawn from its own marginal.
        rows: how many rows, or images, of each kind it rests on.
        standard_error: of `synthetic`, where it is known.
        seconds: wall time, references included.
        note: what to know when reading it.
    """

    name: str
    title: str
    definition: str
    unit: str
    better: str
    synthetic: float | None = None
    holdout: float | None = None
    independent: float | None = None
    rows: dict[str, int] = field(default_factory=dict)
    standard_error: float | None = None
    seconds: float = 0.0
    note: str | None = None


def definition_of(function: Callable[..., object]) -> str:
    """The first paragraph of a metric's docstring, on one line."""
    return (inspect.getdoc(function) or function.__name__).split("\n\n")[0].replace("\n", " ")


def metrics_table(
    title: str, metrics: Sequence[Metric], trivial: str, notes: Sequence[str]
) -> "Table":
    """Figures for a terminal, one metric a row.

    Args:
        title: over the table.
        metrics: in the order of the rows.
        trivial: what the generator without dependence is called.
        notes: stand under the table.
    """
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption=escape("\n".join(notes)) or None)
    table.caption_justify = "left"
    table.add_column("metric")
    for heading in ("synthetic", "real holdout", trivial):
        table.add_column(heading, justify="right")
    table.add_column("better")
    for metric in metrics:
        unit = f", {metric.unit}" if metric.unit and metric.unit not in metric.title else ""
        values = (metric.synthetic, metric.holdout, metric.independent)
        shown = [_shown(value, metric.unit) for value in values]
        if metric.standard_error is not None:
            shown[0] += f" ± {_shown(metric.standard_error, metric.unit)}"
        table.add_row(f"{metric.title}{unit}", *shown, metric.better)
    return table


def write_files(
    folder: Path | str, state: Mapping[str, Any], figures: Mapping[str, "Figure"]
) -> dict[str, Path]:
    """Write `metrics.json` and a PNG file a figure; each file appears whole or not at all.

    Returns:
        The files by what they are: "metrics" and the names of the figures.

    Raises:
        ConfigError: if the folder cannot be written.
    """
    folder = Path(folder)
    text = json.dumps(state, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    files = {"metrics": folder / "metrics.json"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(files["metrics"], lambda path: path.write_text(text, encoding="utf-8"))
        for name, figure in figures.items():
            files[name] = folder / f"{name}.png"
            with warnings.catch_warnings():
                # Names in letters that the font lacks are drawn as boxes, which is known.
                warnings.filterwarnings("ignore", message="Glyph .* missing")
                _write_whole(files[name], partial(figure.savefig, format="png"))
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {folder} ({error.strerror or error}): choose another "
            "folder, or make room there."
        ) from error
    return files


def _write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if unit in ("%", "points") else f"{value:.4f}"
