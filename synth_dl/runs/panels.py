"""A comparison of runs as a picture: one panel a figure, bars for runs, lines for references."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_dl.metrics import drawing
from synth_dl.metrics.figures import Figure
from synth_dl.runs.comparison import REFERENCES, Group
from synth_dl.runs.console import shown_value, with_unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

ACROSS = 4
LINES: dict[str, tuple[str, Any]] = {"perfect": ("#2e7d5b", "-"), "trivial": ("#8a6d3b", "--")}
NAME_LENGTH = 40
# Numbers stay readable where a line crosses them.
BEHIND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0}


def comparison_picture(groups: Sequence[Group]) -> "Picture":
    """Small multiples of each group, one below the other; the best run of a panel stands out."""
    from matplotlib.figure import Figure as Picture

    downs = [-(-len(group.columns) // ACROSS) for group in groups]
    heights = [
        down * (1.3 + 0.3 * len(group.runs)) + 0.7
        for down, group in zip(downs, groups, strict=True)
    ]
    width = 3.1 * ACROSS + 1.0
    picture = Picture(figsize=(width, sum(heights)), dpi=110, layout="constrained")
    parts = picture.subfigures(len(groups), 1, height_ratios=heights, squeeze=False).ravel()
    for part, group, down in zip(parts, groups, downs, strict=True):
        _draw_group(part, group, down)
    return picture


def _draw_group(part: Any, group: Group, down: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    part.suptitle(f"runs on {group.title}", x=0.01, ha="left", fontsize=11, color=drawing.TEXT)
    panels = part.subplots(down, ACROSS, squeeze=False, sharey=True)
    for panel in panels.ravel()[len(group.columns) :]:
        panel.set_axis_off()
    for panel, column in zip(panels.ravel(), group.columns, strict=False):
        _draw_column(panel, group, column)
    names = [_shortened(run.name) for run in group.runs]
    for panel in panels[:, 0]:
        panel.set_yticks(range(len(names)), names, fontsize=9)
        panel.set_ylim(len(names) - 0.4, -0.6)
    handles: list[Any] = [
        Line2D([], [], color=colour, linestyle=style, label=f"{which}: {REFERENCES[which]}")
        for which, (colour, style) in LINES.items()
    ]
    if len(group.runs) > 1:
        handles.insert(0, Patch(color=drawing.SYNTHETIC, label="best"))
    part.legend(handles=handles, loc="upper right", ncols=3, frameon=False, fontsize=9)


def _draw_column(panel: Any, group: Group, column: Figure) -> None:
    values, best = group.values(column), group.best(column)
    references = {which: group.reference(column, which) for which in LINES}
    known = [value for value in (*values, *references.values()) if value is not None]
    for place, (run, value) in enumerate(zip(group.runs, values, strict=True)):
        if value is None:
            panel.text(0.0, place, "  none", va="center", fontsize=8, color=drawing.TEXT)
            continue
        winner = place in best and len(values) > 1
        panel.barh(
            place,
            value,
            color=drawing.SYNTHETIC if winner else drawing.REAL,
            height=0.65,
        )
        text = shown_value(run.figure(column) or column, run.assessment)
        panel.annotate(
            text, (max(value, 0.0), place), (5, 0), va="center", fontsize=8,
            textcoords="offset points", color=drawing.TEXT, bbox=BEHIND,
        )  # fmt: skip
    for which, value in references.items():
        if value is not None:
            colour, style = LINES[which]
            panel.axvline(value, color=colour, linestyle=style, linewidth=1.4)
    arrow = {"lower": "lower is better", "higher": "higher is better", "0.5": "near 0.5 is best"}
    panel.set_title(
        f"{_shortened(with_unit(column))}\n{arrow[column.better]}", fontsize=9,
        color=drawing.TEXT, loc="left",
    )  # fmt: skip
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    # Room for the written values, which stand right of the bars.
    panel.set_xlim(low * 1.05, high + 0.3 * max(high - low, float(np.finfo(float).tiny)))
    panel.locator_params(axis="x", nbins=5)
    drawing.plain_axes(panel)


def _shortened(text: str) -> str:
    text = drawing.plain_text(text)
    return text if len(text) <= NAME_LENGTH else "…" + text[1 - NAME_LENGTH :]
