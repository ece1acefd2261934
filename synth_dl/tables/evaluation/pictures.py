"""Pictures of real against synthetic columns, as figures that belong to whoever asks for them.

No pyplot: a figure here is no global state, needs no display and is safe in any thread.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synth_dl.metrics import drawing
from synth_dl.metrics.encoded import EncodedColumn
from synth_dl.metrics.marginals import shape_errors
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.schema import Column, Schema

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST = 1e290  # of a number that an axis can show
BARS = 40
CATEGORIES = 8
LABEL_LENGTH = 16
TITLE_LENGTH = 26


def marginals_figure(
    real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema, max_columns: int = 24
) -> "Figure":
    """Distribution of each column, real as filled bars and synthetic as a line or points.

    Numbers are cut into 40 bars between the 0.5 and the 99.5 percentile of the real column, with
    what lies outside in the first and last one; of the categories the 8 most frequent real ones
    are shown, and the others together. The title holds the shape error of the column.

    Args:
        real: the table that is imitated.
        synthetic: the table that imitates.
        schema: the kind of each column; keys are left out.
        max_columns: how many columns are drawn at most, the first ones.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    tables = encode_tables({"real": real, "synthetic": synthetic}, schema)
    errors = shape_errors(tables["real"], tables["synthetic"])
    columns = tables["real"].columns[:max_columns]
    across = min(4, len(columns))
    down = -(-len(columns) // across)
    figure = Figure(figsize=(3.6 * across, 2.5 * down + 0.6), dpi=110, layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel in panels[len(columns) :]:
        panel.set_axis_off()
    known = {column.name: column for column in schema.columns}
    for position, (column, panel) in enumerate(zip(columns, panels, strict=False)):
        ours = tables["real"].values[:, position]
        theirs = tables["synthetic"].values[:, position]
        if column.numeric:
            _draw_numbers(panel, ours, theirs, known[column.name])
        else:
            _draw_categories(panel, column, ours.astype(int), theirs.astype(int))
        title = _shortened(str(column.name), TITLE_LENGTH)
        panel.set_title(
            f"{title}  ({errors[column.name]:.1f} %)",
            fontsize=10,
            color=drawing.TEXT,
            loc="left",
        )
        drawing.plain_axes(panel)
    figure.legend(
        handles=[
            Patch(color=drawing.REAL, label="real"),
            Line2D([], [], color=drawing.SYNTHETIC, marker="o", markersize=4, label="synthetic"),
        ],
        loc="outside upper right",
        ncols=2,
        frameon=False,
        fontsize=10,
    )
    return figure


def pairs_figure(names: Sequence[str], errors: np.ndarray) -> "Figure":
    """Trend error of each pair of columns as a map, darker is worse, in percent."""
    from matplotlib.figure import Figure

    side = float(np.clip(0.32 * len(names) + 2.2, 4.5, 16.0))
    figure = Figure(figsize=(side + 0.8, side), dpi=110, layout="constrained")
    panel = figure.subplots()
    shown = np.ma.masked_array(errors, np.eye(len(names), dtype=bool))
    image = panel.imshow(shown, cmap="Reds", vmin=0)
    labels = [_shortened(str(name), LABEL_LENGTH) for name in names]
    size = 8 if len(names) <= 40 else 5
    panel.set_xticks(range(len(names)), labels, rotation=90, fontsize=size)
    panel.set_yticks(range(len(names)), labels, fontsize=size)
    panel.set_title("Trend error of pairs, %", fontsize=11, color=drawing.TEXT, loc="left")
    panel.spines[:].set_visible(False)
    figure.colorbar(image, ax=panel, shrink=0.7).outline.set_visible(False)
    return figure


def _draw_numbers(panel: "Axes", real: np.ndarray, synthetic: np.ndarray, column: Column) -> None:
    dates = column.type == "datetime"
    edges = _picture_edges(real, column.decimals)
    shares = []
    for values in (real, synthetic):
        present = values[~np.isnan(values)].clip(edges[0], edges[-1])
        shares.append(np.histogram(present, edges)[0] / max(len(values), 1))
    if dates:
        edges = (edges * 1e6).astype("datetime64[us]")
    panel.stairs(shares[0], edges, fill=True, color=drawing.REAL)
    panel.stairs(shares[1], edges, color=drawing.SYNTHETIC, linewidth=1.4)
    missing = [float(np.isnan(values).mean()) for values in (real, synthetic)]
    if max(missing) > 0:
        text = f"missing {missing[0]:.0%} real\n{missing[1]:.0%} synthetic"
        panel.text(
            0.98, 0.96, text, transform=panel.transAxes, ha="right", va="top", fontsize=8,
            color=drawing.TEXT,
        )  # fmt: skip
    if max(shares[0].max(), shares[1].max()) > 0.8:
        # One value holds nearly all rows, and the others would not be seen.
        panel.set_yscale("log")
        panel.minorticks_off()  # dozens without a label, which take a sixth of the time
    if dates:
        panel.tick_params(axis="x", rotation=30)
    else:
        panel.locator_params(axis="x", nbins=5)


def _picture_edges(real: np.ndarray, decimals: int | None) -> np.ndarray:
    present = real[~np.isnan(real)].clip(-LARGEST, LARGEST)
    if len(present) == 0:
        return np.array([0.0, 1.0])
    distinct = np.unique(present)
    if 1 < len(distinct) <= BARS:
        half = np.diff(distinct) / 2
        inner = distinct[:-1] + half
        return np.concatenate([[distinct[0] - half[0]], inner, [distinct[-1] + half[-1]]])
    low, high = np.quantile(present, [0.005, 0.995])
    if low == high:
        low, high = distinct[0], distinct[-1]
    if low == high:
        low, high = low - 0.5, high + 0.5
    if decimals is None:
        return np.linspace(low, high, BARS + 1)
    # Bars of a whole number of units, or rounded values would draw a comb.
    unit = 10.0**-decimals
    width = max(np.ceil((high - low) / BARS / unit), 1.0) * unit
    return np.arange(low - unit / 2, high + width, width)


def _draw_categories(
    panel: "Axes", column: EncodedColumn, real: np.ndarray, synthetic: np.ndarray
) -> None:
    counts = [np.bincount(codes, minlength=column.levels) for codes in (real, synthetic)]
    order = np.argsort(-counts[0], kind="stable")
    shown, others = order[:CATEGORIES], order[CATEGORIES:]
    shares = [
        np.append(count[shown], [count[others].sum()] if len(others) else []) / count.sum()
        for count in counts
    ]
    labels = [_shortened(column.labels[code], LABEL_LENGTH) for code in shown]
    if len(others):
        labels.append("1 other" if len(others) == 1 else f"{len(others)} others")
    places = np.arange(len(labels))
    panel.barh(places, shares[0], color=drawing.REAL, height=0.75)
    panel.plot(shares[1], places, "o", color=drawing.SYNTHETIC, markersize=4)
    panel.set_yticks(places, labels)
    panel.set_xlim(left=0)
    panel.set_ylim(max(len(labels), 4) - 0.5, -0.5)


def _shortened(text: str, length: int) -> str:
    text = drawing.plain_text(text).replace("\n", " ")
    return text if len(text) <= length else text[: length - 1] + "…"
