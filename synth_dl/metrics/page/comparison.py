"""Reports side by side as one page of HTML that needs nothing but itself."""

from typing import Any

from synth_dl.metrics.page.page import templates
from synth_dl.metrics.report import CAUTION
from synth_dl.metrics.standing import Standing

TEMPLATE = "comparison.html.jinja"
LEFT, RIGHT, TOP, BOTTOM = 50, 400, 20, 240  # of the plane, in its own units
LINE, WORD = 13, 150  # height and width of a name on it
FEW = 6  # reports that stand side by side on paper


def comparison_page(found: Standing) -> str:
    """The page: the plane of fidelity, privacy and time, and a table of all figures."""
    titles = {metric.name: metric.title for metric in found.figures}
    return templates().get_template(TEMPLATE).render(
        found=found,
        grey=[each.name for each in found.candidates if found.dominated(each)],
        plane=_plane(found),
        titles=titles,
        caution=CAUTION,
        few=FEW,
    )  # fmt: skip


def _plane(found: Standing) -> dict[str, Any]:
    """The candidates on the plane, whose corner at the lower left is the best place."""
    places = [(each, *found.position(each)) for each in found.candidates]
    known = [(each, x, y, z) for each, x, y, z in places if x is not None and y is not None]
    widest = 1.1 * (max((x for _, x, _, _ in known), default=0.0) or 1.0)
    highest = 1.1 * (max((y for _, _, y, _ in known), default=0.0) or 1.0)
    longest = max((z for *_, z in known if z is not None), default=0.0) or 1.0
    points = [
        {
            "candidate": each,
            "x": LEFT + (RIGHT - LEFT) * x / widest,
            "y": BOTTOM - (BOTTOM - TOP) * y / highest,
            "radius": 5.0 if z is None else 4.0 + 10.0 * (z / longest) ** 0.5,
            "fidelity": x,
            "privacy": y,
            "dominated": found.dominated(each),
        }
        for each, x, y, z in sorted(known, key=lambda place: place[1])
    ]
    return {"points": _named(points), "right": widest, "top": highest}


def _named(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with the height of each name, so that none lies on another."""
    written: list[tuple[float, float]] = []
    for point in sorted(points, key=lambda each: -each["y"]):
        height = min(point["y"] + 4, BOTTOM - 5)
        while any(abs(point["x"] - x) < WORD and abs(height - y) < LINE for x, y in written):
            height -= 1
        written.append((point["x"], height))
        point["name_y"] = height
    return points
