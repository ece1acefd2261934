"""A report as one page of HTML that needs nothing but itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth_dl.metrics.page.verdict import verdict_of
from synth_dl.metrics.quantities import quantity
from synth_dl.metrics.report import CAUTION, Metric, Report, loss_of, shown

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report.html.jinja"
FIRST = 12  # columns that are drawn before more are asked for
# Which figures stand in a section, by how their names begin; all others are of fidelity.
FIGURES: dict[str, tuple[str, ...]] = {
    "utility": ("efficiency", "effective_", "utility_", "accuracy_", "score_", "rank", "importance",
                "agreement_", "calibration"),
    "privacy": ("membership_", "nearer_", "nearest_", "near_", "exact_copies", "replicated_",
                "disclosive_", "attribute_", "two_sample_auc_gap"),
    "fairness": ("parity_", "model_parity", "model_odds", "odds_", "fairness_"),
}  # fmt: skip
SECTIONS = ("fidelity", "utility", "privacy", "fairness", "images", "provenance", "reading",
            "definitions")  # fmt: skip
ALWAYS = ("fidelity", "privacy", "provenance", "reading", "definitions")


@dataclass(frozen=True)
class Placed:
    """Where a figure lies between the trivial generator (0) and a perfect one (1).

    Attributes:
        at: the figure.
        low, high: ends of its 95 % interval, or None.
    """

    at: float
    low: float | None
    high: float | None


def report_page(report: Report) -> str:
    """The page of a report."""
    figures = _by_section(report)
    known = {*ALWAYS, *figures, *(["images"] if "samples" in report.charts else [])}
    return templates().get_template(TEMPLATE).render(
        report=report,
        facts=report.facts,
        charts=report.charts,
        figures=figures,
        sections=[name for name in SECTIONS if name in known],
        first=FIRST,
        verdict=verdict_of(report),
        caution=CAUTION,
    )  # fmt: skip


def templates() -> "Environment":
    """Where the templates of pages are found; texts in them are escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("synth_dl.metrics.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": shown, "interval": _interval, "scale": placed, "told": _told,
                            "quantity": quantity}  # fmt: skip
    return environment


def placed(metric: Metric) -> Placed | None:
    """Where a figure lies between the trivial generator and a perfect one.

    None where the trivial one is as good as the perfect one, as the figure then tells nothing.
    """
    values = (metric.synthetic, metric.holdout, metric.independent)
    known = [loss_of(value, metric.better) for value in values if value is not None]
    losses = [loss for loss in known if loss is not None]
    if metric.synthetic is None or len(losses) < len(values):
        return None
    _, perfect, trivial = losses
    if trivial <= perfect:
        return None

    def place(value: float) -> float:
        loss = loss_of(value, metric.better)
        assert loss is not None
        return min(max((trivial - loss) / (trivial - perfect), 0.0), 1.0)

    ends = metric.ends
    if ends is None:
        return Placed(place(metric.synthetic), None, None)
    places = [place(value) for value in (*ends, metric.synthetic)]
    if metric.better not in ("lower", "higher") and ends[0] < float(metric.better) < ends[1]:
        places.append(place(float(metric.better)))
    return Placed(place(metric.synthetic), min(places), max(places))


def _by_section(report: Report) -> dict[str, list[Metric]]:
    """The metrics that are known, by the section that they stand in."""
    found: dict[str, list[Metric]] = {}
    for metric in report.metrics:
        begin = (name for name, starts in FIGURES.items() if metric.name.startswith(starts))
        if metric.synthetic is not None:
            found.setdefault(next(begin, "fidelity"), []).append(metric)
    return found


def _interval(metric: Metric) -> str | None:
    """The 95 % interval of a figure, where its standard error is known."""
    ends = metric.ends
    return ends and " to ".join(shown(end, metric.unit) for end in ends)


def _told(value: Any) -> str:
    """Plain data in one line, for readers."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(each)}" for name, each in value.items())
    return ", ".join(map(_told, value)) if isinstance(value, list | tuple) else str(value)
