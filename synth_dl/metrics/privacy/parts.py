"""Members and non-members: which real rows a membership attack may be judged on.

An attack says how likely a row was among those that a generator learnt from. It is judged on
training rows (members) and on rows of the holdout (non-members), and that says something only where
nothing but the membership tells the two apart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.embedding import Embedding, nearest_others
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.neighbours import fingerprints

MOST_ROWS = 10_000  # members, and as many non-members
FEWEST_ROWS = 20
SPARE = 0.4  # of the smaller part, that is set apart at least
PERMUTATIONS = 999
LEAST_ISOLATED, MOST_ISOLATED = 40, 0.01
ISOLATED = 5  # the neighbour whose distance says how isolated a row is


@dataclass(frozen=True)
class Parts:
    """Real rows that differ in membership alone, half of them members.

    Attributes:
        rows: the members first, then as many non-members.
        points: [2N, D] where they lie.
        reference: real rows beside these, from which an attacker knows the population.
        embedding: of the rows, the one that gave the points.
        places: [2N] of the members in the training part, and of the others in the holdout.
        reference_places: of the reference in the training part, and in the holdout.
        isolation: [2N] distance of each row to the fifth nearest other one.
        shared: rows of either part that stand in the other one too, which were taken out.
        repeated: further rows that stand several times in one part; counted once, or taken out.
        exchangeable: p-value of the permutation check: how often parts that were dealt out at
            random would be told apart as well as these.
    """

    rows: EncodedTable
    points: NDArray[np.float64]
    reference: EncodedTable
    embedding: Embedding
    places: NDArray[np.int64]
    reference_places: tuple[NDArray[np.int64], NDArray[np.int64]]
    isolation: NDArray[np.float64]
    shared: int
    repeated: int
    exchangeable: float

    @property
    def isolated(self) -> NDArray[np.bool_]:
        """[2N] the 1 % of the rows, but at least 40, that are farthest from all others."""
        count = min(len(self.rows), max(LEAST_ISOLATED, round(MOST_ISOLATED * len(self.rows))))
        mask = np.zeros(len(self.rows), dtype=bool)
        mask[np.argsort(-self.isolation, kind="stable")[:count]] = True
        return mask

    @property
    def members(self) -> NDArray[np.bool_]:
        """[2N] which rows are members."""
        return np.arange(len(self.rows)) < len(self.rows) // 2

    @classmethod
    def of(cls, train: EncodedTable, holdout: EncodedTable, seed: int = 0) -> "Parts | None":
        """The parts of training rows and a holdout; None where fewer than 20 rows are left of one.

        Both parts are cut to one size by a random choice, at most 10,000 rows each. The rest of
        both is the reference, at least 0.4 of the smaller part (of it at most 5,000 rows of each
        part are kept). A row that stands in the other
        part, or in the rest, is taken out with all its copies: what is common would otherwise be
        left in one part more often than in the other. Of other copies one is left.
        """
        rng = np.random.default_rng(seed)
        tables, marks = (train, holdout), [fingerprints(each) for each in (train, holdout)]
        smaller = min(map(len, tables))
        spare = max(0, int(np.ceil((SPARE * smaller - abs(len(train) - len(holdout))) / 2)))
        order = [rng.permutation(len(each)) for each in tables]
        chosen = [each[: smaller - spare] for each in order]
        rest = [each[smaller - spare :] for each in order]
        apart = np.concatenate([mark[own] for mark, own in zip(marks, rest, strict=True)])
        kept, shared, taken = [], 0, 0
        for own, mark, other in zip(chosen, marks, marks[::-1], strict=True):
            both = np.isin(mark[own], other)
            alone = own[~both & ~np.isin(mark[own], apart)]
            once = np.sort(np.unique(mark[alone], return_index=True)[1])
            kept.append(alone[once])
            shared += int(both.sum())
            taken += len(own) - int(both.sum()) - len(once)
        size = min(*map(len, kept), MOST_ROWS)
        if size < FEWEST_ROWS:
            return None
        places = np.concatenate([each[:size] for each in kept])
        values = [table.values[own[:size]] for table, own in zip(tables, kept, strict=True)]
        rows = EncodedTable(train.columns, np.concatenate(values))
        rest = [each[: MOST_ROWS // 2] for each in rest]
        values = [table.values[own] for table, own in zip(tables, rest, strict=True)]
        reference = EncodedTable(train.columns, np.concatenate(values))
        embedding = Embedding.of(rows)
        points = embedding(rows)
        distances, nearest = nearest_others(points, ISOLATED)
        exchangeable = coincidence(nearest[:, 0], rng)
        return cls(rows, points, reference, embedding, places, (rest[0], rest[1]),
                   distances[:, -1], shared, taken, exchangeable)  # fmt: skip

    @classmethod
    def of_canaries(
        cls, planted: EncodedTable, withheld: EncodedTable, reference: EncodedTable
    ) -> "Parts":
        """The parts of canaries that a generator learnt from and of others, made alike.

        Planted canaries that stand among the withheld ones are taken out, and the reverse.
        """
        tables = planted, withheld
        marks = [fingerprints(each) for each in tables]
        alone = [np.flatnonzero(~np.isin(mark, other))
                 for mark, other in zip(marks, marks[::-1], strict=True)]  # fmt: skip
        size = min(map(len, alone))
        values = [table.values[own[:size]] for table, own in zip(tables, alone, strict=True)]
        rows = EncodedTable(planted.columns, np.concatenate(values))
        reference = reference.at_most(MOST_ROWS, np.random.default_rng(0))
        embedding = Embedding.of(reference)
        none = np.zeros(0, dtype=np.int64)
        places = np.concatenate([own[:size] for own in alone])
        shared = sum(map(len, marks)) - sum(map(len, alone))
        return cls(rows, embedding(rows), reference, embedding, places, (none, none),
                   np.zeros(2 * size), shared, 0, 1.0)  # fmt: skip


def coincidence(nearest: NDArray[np.int64], rng: np.random.Generator) -> float:
    """p-value of the nearest-neighbour test of Schilling 1986 (JASA 81), k = 1.

    How often two parts of equal size hold as many pairs of nearest neighbours as these, or more,
    where rows are dealt out at random: the permutation check of exchangeability. From 1/1000 to 1;
    small where the parts come from different populations, or where rows of one repeat each other.

    Args:
        nearest: [2N] place of each row's nearest other one, the first N rows being of one part.
        rng: of the permutations.
    """
    part = np.arange(len(nearest)) < len(nearest) // 2
    found = int((part == part[nearest]).sum())
    dealt = (rng.permutation(part) for _ in range(PERMUTATIONS))
    as_many = sum(int((own == own[nearest]).sum()) >= found for own in dealt)
    return (1 + as_many) / (1 + PERMUTATIONS)
