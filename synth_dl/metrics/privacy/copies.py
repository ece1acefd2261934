"""Synthetic rows that repeat training rows, with the number to be expected, and exposed rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.embedding import Embedding, nearest
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.neighbours import fingerprints

NEAR = 0.01  # share of the holdout that is a near copy by definition
MOST_ASKED = 5_000


@dataclass(frozen=True)
class Copies:
    """How many of some rows repeat training rows.

    Attributes:
        found: rows that do.
        expected: how many would if they were fresh rows, by the share of the holdout.
        asked: rows that were asked.
        p_value: how often fresh rows would repeat as many or more.
    """

    found: float
    expected: float
    asked: int
    p_value: float

    @property
    def percent(self) -> float:
        """Of the rows that were asked."""
        return 100 * self.found / self.asked


def exact_copies(train: EncodedTable, holdout: EncodedTable, synthetic: EncodedTable) -> Copies:
    """Synthetic rows that equal a training row in every column, beside the number to be expected.

    Fresh rows equal training rows by chance, in tables of few columns or levels; how many do, the
    holdout tells. The p-value is that of Fisher's exact test of the two counts.

    Unit: rows. Range: 0 to the number of synthetic rows. Better: as expected.
    Source: identical match share of mostlyai-qa 1.10, with the holdout as its reference.
    """
    known = fingerprints(train)
    there = [np.isin(fingerprints(rows), known) for rows in (synthetic, holdout)]
    return against(*there)


def near_copies(
    train: EncodedTable, holdout: EncodedTable, synthetic: EncodedTable, seed: int = 0
) -> Copies:
    """Synthetic rows as near to a training row as the nearest 1 % of the holdout, or nearer.

    Distances are those of `Embedding`. By definition 1 % of fresh rows are near copies; equal
    distances count half. Of more than 5,000 rows of either kind that many are drawn. The p-value
    is that of Fisher's exact test; half of the holdout sets the mark, and the other half is
    counted.

    Unit: rows. Range: 0 to the number of synthetic rows. Better: as expected.
    Source: distance to the closest record, as in TabSyn (arXiv:2310.09656), with a mark that the
    holdout sets.
    """
    return NearTraining.of(train, holdout, seed).copies(synthetic)


@dataclass(frozen=True)
class NearTraining:
    """How near fresh rows come to training rows, by which others are judged: `near_copies`.

    Attributes:
        embedding: of the training rows.
        points: where these lie.
        mark: distance of the nearest 1 % of one half of the fresh rows.
        fresh: [N] 1 for each row of the other half below it, a half on it, 0 above.
        seed: of the choice of rows.
    """

    embedding: Embedding
    points: NDArray[np.float64]
    mark: float
    fresh: NDArray[np.float64]
    seed: int

    @classmethod
    def of(cls, train: EncodedTable, holdout: EncodedTable, seed: int = 0) -> "NearTraining":
        """By the rows of a holdout."""
        rng = np.random.default_rng(seed)
        embedding = Embedding.of(train)
        points = embedding(train)
        away = nearest(embedding(holdout.at_most(MOST_ASKED, rng)), points)[0][:, 0]
        away = away[rng.permutation(len(away))]
        half = len(away) // 2
        mark = float(np.quantile(away[: max(1, half)], NEAR, method="inverted_cdf"))
        return cls(embedding, points, mark, _at_most(away[half:], mark), seed)

    def copies(self, rows: EncodedTable) -> Copies:
        """How many of some rows are as near, at most 5,000 being asked."""
        asked = self.embedding(rows.at_most(MOST_ASKED, np.random.default_rng(self.seed)))
        return against(_at_most(nearest(asked, self.points)[0][:, 0], self.mark), self.fresh)


def most_exposed(
    train: EncodedTable, holdout: EncodedTable, synthetic: EncodedTable, count: int = 10
) -> list[dict[str, float]]:
    """The training rows to which synthetic rows come much closer than fresh rows do.

    Ordered by the distance to the nearest row of the holdout less that to the nearest synthetic
    one, the attack "distance difference" on each row; the synthetic rows and the holdout are cut
    to one size. Rows that stand in the holdout are left out. Some training rows lead the list of
    every generator; what they say depends on whether the attacks succeed.

    Returns:
        `row` (from 0 on), `to_synthetic` and `to_holdout` of each, the most exposed first.
    """
    rng = np.random.default_rng(0)
    size = min(len(holdout), len(synthetic), MOST_ASKED)
    embedding = Embedding.of(train)
    asked = np.flatnonzero(~np.isin(fingerprints(train), fingerprints(holdout)))
    if not len(asked):
        return []
    points = embedding(train.take(asked))
    near, far = (
        nearest(points, embedding(rows.at_most(size, rng)))[0][:, 0]
        for rows in (synthetic, holdout)
    )
    first = np.argsort(near - far, kind="stable")[:count]
    return [
        {"row": int(asked[k]), "to_synthetic": float(near[k]), "to_holdout": float(far[k])}
        for k in first
    ]


def _at_most(distances: NDArray[np.float64], mark: float) -> NDArray[np.float64]:
    """[N] 1 below the mark, a half on it, 0 above."""
    return (distances < mark) + 0.5 * (distances == mark)


def against(made: NDArray[np.generic], fresh: NDArray[np.generic]) -> Copies:
    """How many of [N] synthetic records are copies, beside those of fresh ones [M]."""
    from scipy.stats import fisher_exact

    counts = [[round(float(each.sum())), len(each) - round(float(each.sum()))]
              for each in (made, fresh)]  # fmt: skip
    expected = len(made) * float(fresh.mean())
    _, chance = fisher_exact(counts, alternative="greater")
    return Copies(float(made.sum()), expected, len(made), float(chance))  # pyright: ignore
