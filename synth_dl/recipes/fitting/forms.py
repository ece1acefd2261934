"""The forms of a family: which of location and scale are free, and where they are sought.

Standard forms have location 0 and scale 1, scaled ones location 0, free ones neither; the support
of an edge form ends where the data do.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from synth_dl.recipes.fitting.catalogue import Family
from synth_dl.recipes.fitting.observed import Observed, Vector

# Families whose distribution function is an integral for every value: not for coarse data.
SLOW_CDF = {"geninvgauss"}
Parameters = dict[str, Vector]


@dataclass(frozen=True)
class Search:
    """Where the parameters of one form are sought.

    Attributes:
        parameters: makes parameters [m] of places [m, k] of the search.
        starts: [m, k] places to start from.
        bounds: of each coordinate.
        edges: parameters that the ends of the data give.
    """

    parameters: Callable[[Vector], Parameters]
    starts: Vector
    bounds: list[tuple[float, float]]
    edges: int = 0


def search_of(family: Family, form: str, observed: Observed) -> Search | None:
    """Where to look for the parameters of a form; None where it cannot cover the data."""
    if family.name in SLOW_CDF and observed.step is not None:
        return None
    if family.support == "ends" and form == "edge":
        return _edge_search(family, observed)
    if form == "standard":
        return _standard_search(family, observed)
    if family.support == "real":
        return _located_search(family, observed) if form == "free" else None
    if family.support == "positive":
        return _positive_search(family, form, observed)
    return _unit_search(family, form, observed)


def _shape_places(family: Family) -> tuple[Vector, list[tuple[float, float]], Vector]:
    """Starting places [m, shapes], bounds, and the standard quantiles [m, levels] of the starts."""
    starts = family.starts()
    places = [
        [shape.outside_in(v) for shape, v in zip(family.shapes, values, strict=True)]
        for values, _ in starts
    ]
    quantiles = np.array([found for _, found in starts])
    bounds = [shape.bounds for shape in family.shapes]
    return np.array(places).reshape(len(starts), len(bounds)), bounds, quantiles


def _shapes(family: Family, places: Vector) -> Parameters:
    return {s.name: s.inside_out(places[:, i]) for i, s in enumerate(family.shapes)}


def _standard_search(family: Family, observed: Observed) -> Search | None:
    shapes = [shape.starts[0] for shape in family.shapes]
    low, high = family.distribution.support(*shapes)
    outside = observed.low + (observed.step or 0.0) / 2 < low or observed.values[-1] > high
    if outside and not (family.support == "real" and family.shapes):
        return None
    # Data of quite another size need no search.
    if observed.spread > 1e3 or abs(observed.quantiles(0.5)) > 1e4 * observed.spread:
        return None
    places, bounds, _ = _shape_places(family)

    def parameters(place: Vector) -> Parameters:
        ones = np.ones(len(place))
        return {**_shapes(family, place), "loc": 0 * ones, "scale": ones}

    return Search(parameters, places, bounds)


def _located_search(family: Family, observed: Observed) -> Search:
    places, bounds, standard = _shape_places(family)
    # Around the median, so that a place found on some of the rows is one for all of them too.
    median, spread = float(observed.quantiles(0.5)), observed.spread
    scales = spread / (standard[:, 2] - standard[:, 0])
    locations = -scales * standard[:, 1] / spread
    starts = np.column_stack([places, locations, np.log(scales / spread)])
    count = places.shape[1]

    def parameters(place: Vector) -> Parameters:
        location = median + place[:, count] * spread
        scale = spread * np.exp(place[:, count + 1])
        return {**_shapes(family, place), "loc": location, "scale": scale}

    return Search(parameters, starts, [*bounds, (-1e3, 1e3), (-9.0, 9.0)])


def _positive_search(family: Family, form: str, observed: Observed) -> Search | None:
    cell = (observed.step or 0.0) / 2
    if form == "scaled" and observed.low < -cell:
        return None
    places, bounds, standard = _shape_places(family)
    spread, count = observed.spread, places.shape[1]
    median = float(observed.quantiles(0.5))
    if form == "scaled":
        size = median if median > 0 else spread
        starts = np.column_stack([places, np.log(size / np.maximum(standard[:, 1], 1e-12))])
        low = float(np.log(size))

        def scaled(place: Vector) -> Parameters:
            scale = np.exp(place[:, count])
            return {**_shapes(family, place), "loc": np.zeros(len(place)), "scale": scale}

        return Search(scaled, starts, [*bounds, (low - 12, low + 12)])
    gap = (observed.values[-1] - observed.values[0]) / observed.total
    least = float(np.log(gap / 20))
    scales = (median - observed.low + gap) / np.maximum(standard[:, 1], 1e-12)
    gaps = np.array([gap, 0.1 * spread])
    starts = np.concatenate(
        [np.column_stack([places, np.full(len(places), np.log(g)), np.log(scales)]) for g in gaps]
    )

    def free(place: Vector) -> Parameters:
        location = observed.low - np.exp(place[:, count])
        scale = np.exp(place[:, count + 1])
        return {**_shapes(family, place), "loc": location, "scale": scale}

    size = float(np.log(spread))
    ends = (least, max(least, float(np.log(100 * spread))))
    return Search(free, starts, [*bounds, ends, (size - 12, size + 12)])


def _unit_search(family: Family, form: str, observed: Observed) -> Search | None:
    """Ends a little beyond those of the data; the lower one is 0 in the scaled form."""
    places, bounds, _ = _shape_places(family)
    first, last = family.distribution.support(*(shape.starts[0] for shape in family.shapes))
    width, count = observed.high - observed.low, places.shape[1]
    if not width > 0 or (form == "scaled" and (first != 0 or observed.low < 0)):
        return None
    least = float(np.log(width / observed.total))
    ends = (least, float(np.log(3 * width)))
    gaps = np.array([least, float(np.log(0.05 * width))])
    sides = 1 if form == "scaled" else 2

    def parameters(place: Vector) -> Parameters:
        low = np.zeros(len(place)) if sides == 1 else observed.low - np.exp(place[:, count + 1])
        scale = (observed.high + np.exp(place[:, count]) - low) / (last - first)
        return {**_shapes(family, place), "loc": low - first * scale, "scale": scale}

    starts = np.concatenate(
        [np.column_stack([places, *[np.full(len(places), g)] * sides]) for g in gaps]
    )
    return Search(parameters, starts, [*bounds, *[ends] * sides])


def _edge_search(family: Family, observed: Observed) -> Search | None:
    low, high = observed.low, observed.high
    if not high > low or (family.name not in ("uniform", "truncnorm", "truncexpon") and low <= 0):
        return None
    spread, median = observed.spread, float(observed.quantiles(0.5))
    size = (float(np.log(spread)) - 9, float(np.log(spread)) + 9)
    shapes = [shape.bounds for shape in family.shapes]
    places = np.array([[s.outside_in(v)] for s in family.shapes for v in s.starts])

    def both(place: Vector) -> Parameters:
        ones = np.ones(len(place))
        match family.name:
            case "uniform":
                return {"loc": low * ones, "scale": (high - low) * ones}
            case "loguniform":
                return {"a": low * ones, "b": high * ones, "loc": 0 * ones, "scale": ones}
            case "pareto":
                return {**_shapes(family, place), "loc": 0 * ones, "scale": low * ones}
            case "truncpareto":
                cut = {"c": high / low * ones, "loc": 0 * ones, "scale": low * ones}
                return {**_shapes(family, place), **cut}
            case "truncexpon":
                scale = np.exp(place[:, 0])
                return {"b": (high - low) / scale, "loc": low * ones, "scale": scale}
            case "truncnorm":
                loc, scale = median + place[:, 0] * spread, np.exp(place[:, 1])
                ends = {"a": (low - loc) / scale, "b": (high - loc) / scale}
                return {**ends, "loc": loc, "scale": scale}
        scale = np.exp(place[:, 1])  # truncweibull_min
        ends = {"a": low / scale, "b": high / scale}
        return {**_shapes(family, place), **ends, "loc": 0 * ones, "scale": scale}

    match family.name:
        case "uniform" | "loguniform":
            return Search(both, np.zeros((1, 0)), [], 2)
        case "pareto":
            return Search(both, places, shapes, 1)
        case "truncpareto":
            return Search(both, places, shapes, 2)
        case "truncexpon":
            return Search(both, np.log([[spread], [10 * spread]]), [size], 2)
        case "truncnorm":
            deviation = float(np.log(spread / (2 * ndtri(0.75))))
            starts = np.array([[0.0, deviation], [0.0, deviation + 1]])
            return Search(both, starts, [(-20.0, 20.0), size], 2)
    starts = np.column_stack([places, np.full(len(places), np.log(max(median, 1e-300)))])
    return Search(both, starts, [*shapes, size], 2)
