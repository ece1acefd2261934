"""A picture of one column of numbers: the data, the fit over them, and their quantiles."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from synth_dl.recipes.distributions.base import Distribution
from synth_dl.recipes.fitting.numbers import NumberFit
from synth_dl.recipes.fitting.observed import Observed, Vector
from synth_dl.recipes.fitting.quantiles import smoothed_quantiles, sorted_rows
from synth_dl.recipes.language import read_model
from synth_dl.recipes.reading import read_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DATA, FIT, TEXT = "#9fb3c8", "#d1495b", "#333f48"
BARS, POINTS = 40, 100
FEW = 60  # distinct values up to which each has a bar


def number_figure(name: str, fit: NumberFit, min_count: int = 10) -> "Figure":
    """Data with the fit, and the quantiles of one against those of the other.

    Bars and points rest on at least `min_count` rows, as all that is told of a column does.

    Args:
        name: of the column.
        fit: what was found in it.
        min_count: rows that share whatever is shown.
    """
    from matplotlib.figure import Figure

    # Room for six digits and a label, which a layout engine would find in half of the whole time.
    figure = Figure(figsize=(8, 3.2))
    figure.subplots_adjust(left=0.1, right=0.985, bottom=0.15, top=0.79, wspace=0.26)
    left, right = figure.subplots(1, 2)
    entry = read_data({k: v for k, v in fit.entry.items() if k != "missing"}, name)
    model = read_model(entry, dict(entry.entries()))
    told = model.levels if "values" in fit.entry else None
    distribution = model.given({})
    if len(fit.values) >= 2 * min_count:
        _bars(left, fit.values, distribution, told, min_count)
        _quantiles(right, fit.values, distribution, told, min_count)
    left.set_title(name.replace("$", r"\$"), fontsize=10, color=TEXT, loc="left")
    right.set_title("quantiles", fontsize=10, color=TEXT, loc="left")
    right.set_xlabel("fit", fontsize=8, color=TEXT)
    right.set_ylabel("data", fontsize=8, color=TEXT)
    figure.suptitle(fit.note.replace("$", r"\$"), fontsize=8, color=TEXT)
    for panel in (left, right):
        panel.tick_params(labelsize=8, colors=TEXT, length=2)
        panel.locator_params(axis="x", nbins=6)
        panel.spines[["top", "right"]].set_visible(False)
    return figure


def _bars(panel: Any, values: Vector, fit: Distribution, told: Any, min_count: int) -> None:
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= FEW:
        kept = counts >= min_count
        places, shares = distinct[kept], counts[kept] / len(values)
        at = _places(places, told)
        expected = fit.at_most(at).low - fit.below(at).low
        width = 0.8 * float(np.diff(places).min()) if len(places) > 1 else 0.8
        panel.bar(places, shares, width=width, color=DATA, label="data")
        panel.plot(places, expected, "o", ms=3, color=FIT, label="fit")
        panel.set_ylabel("share", fontsize=8, color=TEXT)
    else:
        edges = np.unique(np.quantile(values, np.linspace(0.005, 0.995, BARS + 1)))
        even = np.linspace(edges[0], edges[-1], BARS + 1)
        found = np.histogram(values, even)[0]
        even = even[np.concatenate([[True], (found >= min_count)[:-1], [True]])]
        widths = np.diff(even)
        shares = np.histogram(values, even)[0] / len(values) / widths
        at = _places(even, told)
        expected = np.diff(fit.below(at).low) / widths
        panel.bar(even[:-1], shares, width=widths, align="edge", color=DATA, label="data")
        panel.stairs(expected, even, color=FIT, label="fit", lw=1.5)
        panel.set_ylabel("density", fontsize=8, color=TEXT)
    panel.legend(frameon=False, fontsize=8)


def _quantiles(panel: Any, values: Vector, fit: Distribution, told: Any, min_count: int) -> None:
    data = smoothed_quantiles(sorted_rows(Observed.of(values)), min_count, POINTS)
    levels = (np.arange(len(data)) + 0.5) / len(data)
    data = np.interp(levels, np.linspace(0, 1, len(data)), data)
    fitted = fit.quantile(ndtri(levels))
    if told is not None:
        fitted = np.asarray(told, np.float64)[fitted.astype(np.int64)]
    ends = [min(fitted.min(), data.min()), max(fitted.max(), data.max())]
    panel.plot(ends, ends, color=DATA, lw=1)
    panel.plot(fitted, data, "o", ms=2.5, color=FIT)


def _places(values: Vector, told: Any) -> Vector:
    """Values as the distribution has them: listed ones by their place in the list."""
    if told is None:
        return values
    return np.searchsorted(np.asarray(told, np.float64), values, side="left").astype(np.float64)
