"""A report as one page of HTML that needs nothing but itself."""

import base64
import io
from typing import TYPE_CHECKING

from synth_dl.metrics.page.verdict import verdict_of
from synth_dl.metrics.report import CAUTION, Metric, Report, loss_of, shown

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure

TEMPLATE = "report.html.jinja"
HALF_INTERVAL = 1.96  # standard errors on either side, for 95 %


def report_page(report: Report, figures: "dict[str, Figure]") -> str:
    """The page of a report.

    Args:
        report: what was found.
        figures: pictures by their names, which stand on the page where it has no charts of its own.
    """
    environment = templates()
    environment.filters |= {"figure": shown, "interval": _interval, "skill": _skill}
    pictures = {} if report.charts else {name: _png(each) for name, each in figures.items()}
    return environment.get_template(TEMPLATE).render(
        report=report,
        facts=report.facts,
        charts=report.charts,
        verdict=verdict_of(report),
        pictures=pictures,
        caution=CAUTION,
    )


def templates() -> "Environment":
    """Where the templates of pages are found; texts in them are escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("synth_dl.metrics.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _interval(metric: Metric) -> str | None:
    """The 95 % interval of a figure, where its standard error is known."""
    if metric.synthetic is None or metric.standard_error is None:
        return None
    half = HALF_INTERVAL * metric.standard_error
    ends = (metric.synthetic - half, metric.synthetic + half)
    return " to ".join(shown(end, metric.unit) for end in ends)


def _skill(metric: Metric) -> float | None:
    """Where a figure lies between the trivial generator (0) and a perfect one (1).

    None where the trivial one is as good as the perfect one, as the figure then tells nothing.
    """
    values = (metric.synthetic, metric.holdout, metric.independent)
    known = [loss_of(value, metric.better) for value in values if value is not None]
    losses = [loss for loss in known if loss is not None]
    if len(losses) < len(values):
        return None
    found, perfect, trivial = losses
    if trivial <= perfect:
        return None
    return min(max((trivial - found) / (trivial - perfect), 0.0), 1.0)


def _png(figure: "Figure") -> str:
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return base64.b64encode(written.getvalue()).decode()
