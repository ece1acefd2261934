"""Reports side by side as one page of HTML that needs nothing but itself."""

from synth_dl.metrics.page.page import templates
from synth_dl.metrics.report import CAUTION
from synth_dl.metrics.standing import Standing

TEMPLATE = "comparison.html.jinja"
LEFT, RIGHT, TOP, BOTTOM = 50, 400, 20, 240  # of the plane, in its own units


def comparison_page(found: Standing) -> str:
    """The page: the plane of fidelity, privacy and time, and a table of all figures."""
    titles = {metric.name: metric.title for metric in found.figures}
    return (
        templates()
        .get_template(TEMPLATE)
        .render(found=found, points=_points(found), titles=titles, caution=CAUTION)
    )


def _points(found: Standing) -> list[dict[str, object]]:
    """The candidates on the plane, whose corner at the lower left is the best place."""
    places = [(each, *found.position(each)) for each in found.candidates]
    known = [(each, x, y, z) for each, x, y, z in places if x is not None and y is not None]
    widest = max((x for _, x, _, _ in known), default=0.0) or 1.0
    highest = max((y for _, _, y, _ in known), default=0.0) or 1.0
    longest = max((z for *_, z in known if z is not None), default=0.0) or 1.0
    return [
        {
            "candidate": each,
            "x": LEFT + (RIGHT - LEFT) * x / (1.1 * widest),
            "y": BOTTOM - (BOTTOM - TOP) * y / (1.1 * highest),
            "radius": 5.0 if z is None else 4.0 + 10.0 * (z / longest) ** 0.5,
            "fidelity": x,
            "privacy": y,
            "dominated": found.dominated(each),
        }
        for each, x, y, z in known
    ]
