"""The report of an evaluation: metrics, each beside its references, as a table and as files."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from synth_dl.metrics.console import figures_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

FILES = (
    "metrics.json",
    "report.html",
    "marginals.png",
    "pairs.png",
    "samples.png",
)  # of tables and images
CAUTION = (
    "These figures were computed from real data: whoever sees many of them, for many synthetic "
    "data sets, learns about the real ones. Publish them with the care that the real data need."
)
HALF_INTERVAL = 1.96  # standard errors on either side, for 95 %
LIMITS: Mapping[str, tuple[float | None, float | None]] = {
    "%": (0.0, 100.0), "points": (0.0, 100.0), "AUC": (0.0, 1.0), "R2": (None, 1.0),
    "ratio": (0.0, None), "rows": (0.0, None),
}  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """One figure beside its two references; None is a figure that could not be computed.

    Attributes:
        name: key in `metrics.json`.
        title: what the printed table calls it.
        definition: one sentence; the docstring of the function of that name says more.
        unit: "%", "points", "AUC", "R2", "rows" or "nats a row"; empty for a plain number.
        better: "lower", "higher", or the value that is best, such as "0.5".
        synthetic: the figure of the synthetic table or images.
        holdout: the same with the real holdout in their place.
        independent: the same with a generator without dependence: each column of the training rows
            shuffled on its own, or each pixel drawn from its own marginal.
        rows: how many rows, or images, of each kind it rests on.
        standard_error: of `synthetic`, where it is known.
        seconds: wall time, references included.
        note: what to know when reading it.
        limits: what the figure can be, from and to; where None, the unit tells it, see `ends`.
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
    limits: tuple[float | None, float | None] | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        """The 95 % interval of `synthetic`, within what it can be; None where it is not known."""
        if self.synthetic is None or self.standard_error is None:
            return None
        low, high = self.limits or LIMITS.get(self.unit, (None, None))
        if self.better == "0" and high is not None:
            low = -high  # a difference of two such figures
        half = HALF_INTERVAL * self.standard_error
        below, above = self.synthetic - half, self.synthetic + half
        # Rounding may put the figure itself a hair beyond.
        return (
            below if low is None else min(max(below, low), self.synthetic),
            above if high is None else max(min(above, high), self.synthetic),
        )


@dataclass(frozen=True)
class Report:
    """All metrics of one synthetic table or set of images.

    Attributes:
        title: over the printed table.
        trivial: what the printed table calls the generator without dependence.
        metrics: in the order of the printed table.
        facts: what `metrics.json` says beside the metrics, such as the sizes of the sets.
        seed: of every random choice.
        seconds: wall time of everything.
        notes: in words, what could not be told, what was left out and what the figures rest on.
        pictures: by the names of their files, functions that draw them.
        remarks: on the files that were read, for the console alone.
        charts: plain data of what the page draws beside the figures.
        records: what the page calls the records, "rows" or "images".
    """

    title: str
    trivial: str
    metrics: tuple[Metric, ...]
    facts: Mapping[str, Any]
    seed: int
    seconds: float
    notes: tuple[str, ...]
    pictures: "Mapping[str, Callable[[], Figure]]" = field(repr=False)
    remarks: tuple[str, ...] = ()
    charts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    records: str = "rows"

    def __getitem__(self, name: str) -> Metric:
        """The metric of that name."""
        return {metric.name: metric for metric in self.metrics}[name]

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold; what could not be computed is None."""
        return {
            "metrics": {metric.name: asdict(metric) for metric in self.metrics},
            **self.facts,
            "seed": self.seed,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "caution": CAUTION,
        }

    def table(self) -> "Table":
        """The figures for a terminal, with the notes under them."""
        roles = ("synthetic", "real holdout", self.trivial)
        return figures_table(self.title, roles, map(_cells, self.metrics), self.notes)


def definition_of(function: Callable[..., object]) -> str:
    """The first paragraph of a metric's docstring, on one line."""
    return (inspect.getdoc(function) or function.__name__).split("\n\n")[0].replace("\n", " ")


def loss_of(value: float, better: str) -> float | None:
    """A number that is lower for a better figure, or None where that is not known."""
    if better in ("lower", "higher"):
        return value if better == "lower" else -value
    try:
        return abs(value - float(better))
    except ValueError:
        return None


def _cells(metric: Metric) -> tuple[str, ...]:
    unit = f", {metric.unit}" if metric.unit and metric.unit not in metric.title else ""
    values = (metric.synthetic, metric.holdout, metric.independent)
    cells = [shown(value, metric.unit) for value in values]
    if metric.standard_error is not None:
        cells[0] += f" ± {shown(metric.standard_error, metric.unit)}"
    return f"{metric.title}{unit}", *cells, metric.better


def shown(value: float | None, unit: str) -> str:
    """A figure as tables and pages show it."""
    if value is None:
        return "–"
    if unit == "rows":
        return f"{value:,.0f}"
    text = f"{value:.2f}" if unit in ("%", "points") else f"{value:.4f}"
    return text if float(text) else text.lstrip("-")
