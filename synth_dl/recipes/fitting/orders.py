"""Orders of categories that have none, so that one latent number keeps most of their dependence.

Categories are put in the order of the score that agrees best with all other columns: each score is
the mean, over the rows of its category, of what the other columns let expect. This is done for one
column after another until no order changes, from several starts, of which the one with most
dependence is kept (as in nonlinear principal components, Gifi 1990, with normal scores).
"""

import numpy as np

from synth_dl.recipes.fitting.latent import Codes, normal_scores
from synth_dl.recipes.fitting.observed import Vector

STARTS, ROUNDS = 6, 60
ROWS = 20_000  # on which the orders are sought


def order_categories(codes: dict[str, Codes], free: list[str], seed: int = 0) -> dict[str, Codes]:
    """For each free column, which place each of its codes gets.

    Args:
        codes: of all columns, [N] places in order or codes; -1 where unknown.
        free: columns whose order is to be found.
        seed: of the starts, and of the rows where there are more than 20,000.

    Returns:
        By free column, [K] the place of each code.
    """
    generator = np.random.default_rng(seed)
    rows = len(next(iter(codes.values())))
    some = np.sort(generator.permutation(rows)[:ROWS])
    sizes = {name: int(codes[name].max()) + 1 for name in free}
    sampled = {name: column[some] for name, column in codes.items()}
    best: tuple[float, dict[str, Codes]] = (-1.0, {})
    for _ in range(STARTS if free else 0):
        places = {name: generator.permutation(size) for name, size in sizes.items()}
        found = _improved(sampled, places)
        best = max(best, found, key=lambda pair: pair[0])
    return {name: _upright(codes, name, places) for name, places in best[1].items()}


def _improved(codes: dict[str, Codes], places: dict[str, Codes]) -> tuple[float, dict[str, Codes]]:
    """The dependence, and the places that reach it from these."""
    names = list(codes)
    columns = [normal_scores(_placed(codes[name], places.get(name))) for name in names]
    scores = np.stack(columns, axis=1)
    rows = len(scores)
    for _ in range(ROUNDS):
        changed = False
        for name in places:
            column = names.index(name)
            weights = scores[:, column] @ scores / rows
            weights[column] = 0.0
            again = _ranks(codes[name], scores @ weights, places[name])
            changed |= bool((again != places[name]).any())
            places[name] = again
            scores[:, column] = normal_scores(_placed(codes[name], again))
        if not changed:
            break
    correlations = scores.T @ scores / rows
    return float((np.triu(correlations, 1) ** 2).sum()), places


def _ranks(codes: Codes, expected: Vector, before: Codes) -> Codes:
    """Places of codes by the mean of what is expected in their rows; absent ones stay last."""
    present = codes >= 0
    counts = np.bincount(codes[present], minlength=len(before))
    sums = np.bincount(codes[present], expected[present], len(before))
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    return np.argsort(np.lexsort((before, means)))


def _placed(codes: Codes, places: Codes | None) -> Codes:
    return codes if places is None else np.append(places, -1)[codes]


def _upright(codes: dict[str, Codes], name: str, places: Codes) -> Codes:
    """The order or its reverse, whichever begins with the more frequent half."""
    placed = _placed(codes[name], places)
    present = placed[placed >= 0]
    middle = (len(places) - 1) / 2
    return places if present.mean() <= middle else len(places) - 1 - places
