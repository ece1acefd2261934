"""What fairness of drawn rows costs: a classifier that learns from them, on fresh real rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_dl.errors import DataError
from synth_dl.metrics.boosting import classifier
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.sampling.balance import table_lines
from synth_dl.tables.conditions.fairness import Fairness, gap
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.schema import Schema

MOST_ROWS = 20_000  # that a classifier learns from
_FEWEST = 30  # rows of a group on the holdout, below which its rates say nothing


@dataclass(frozen=True)
class Judged:
    """A classifier of the outcome on the holdout.

    Attributes:
        accuracy: share of rows that it predicts rightly.
        gap: of its predictions between groups, see `gap`; of odds within each real outcome.
    """

    accuracy: float
    gap: float


@dataclass(frozen=True)
class Cost:
    """Classifiers that learn from rows of either kind.

    Attributes:
        by: how each is judged, by what the rows are called.
        learned: rows that each learns from.
        rows: of the holdout.
    """

    by: Mapping[str, Judged]
    learned: int
    rows: int

    def lines(self) -> list[str]:
        """For the console."""
        titles = ["LightGBM learns from", "accuracy", "gap of predictions"]
        rows = [(name, f"{each.accuracy:.2%}", f"{100 * each.gap:.1f} points")
                for name, each in self.by.items()]  # fmt: skip
        return [
            *table_lines(titles, rows),
            f"on {self.rows:,} rows of the holdout, from {self.learned:,} rows each",
        ]


def cost_of(
    asked: Fairness,
    drawn: Mapping[str, pd.DataFrame],
    holdout: pd.DataFrame,
    schema: Schema,
    seed: int,
) -> Cost:
    """How well, and how fairly, classifiers predict the outcome on real rows.

    Args:
        asked: outcome, groups and kind of fairness.
        drawn: rows of the same number to learn from, by what they are called.
        holdout: real rows that the model never saw.
        schema: of all of them.
        seed: of the classifiers.

    Raises:
        DataError: for a holdout that holds one outcome or one group only.
    """
    tables = encode_tables({**drawn, "holdout": holdout}, schema)
    fresh = tables.pop("holdout")
    outcome = fresh.names.index(asked.outcome)
    fresh = fresh.take(~fresh.missing(outcome))
    groups = _groups(fresh, asked)
    for what, values in ((asked.outcome, fresh.values[:, outcome]), ("the groups", groups)):
        if len(np.unique(values[values >= 0])) < 2:
            raise DataError(f"the holdout has fewer than two values of {what} (in {_FEWEST} rows "
                            "each), so it cannot judge fairness; name other rows")  # fmt: skip
    judged = {
        name: _judged(table.take(~table.missing(outcome)), fresh, outcome, groups, asked, seed)
        for name, table in tables.items()
    }
    return Cost(judged, len(next(iter(drawn.values()))), len(fresh))


def _groups(table: EncodedTable, asked: Fairness) -> np.ndarray:
    """[N] which group a row is of; -1 for groups of few rows and where a cell is missing."""
    places = [table.names.index(name) for name in asked.groups]
    group = pd.MultiIndex.from_arrays(list(table.values[:, places].T)).factorize()[0]
    missing = np.any([table.missing(place) for place in places], axis=0)
    few = np.bincount(group)[group] < _FEWEST
    return np.where(missing | few, -1, group)


def _judged(
    table: EncodedTable,
    fresh: EncodedTable,
    outcome: int,
    groups: np.ndarray,
    asked: Fairness,
    seed: int,
) -> Judged:
    known, answers = table.values[:, outcome], fresh.values[:, outcome]
    features, questions = (np.delete(each.values, outcome, axis=1) for each in (table, fresh))
    if len(np.unique(known)) < 2:
        predicted = np.full(len(answers), known[0])
    else:
        predicted = np.asarray(classifier(seed).fit(features, known).predict(questions))
    decisions = np.unique(predicted, return_inverse=True)[1]
    strata = np.zeros(len(answers), int)
    if asked.strata:
        strata = np.unique(answers, return_inverse=True)[1]
    counted = np.zeros((strata.max() + 1, decisions.max() + 1, groups.max() + 1))
    here = groups >= 0
    np.add.at(counted, (strata[here], decisions[here], groups[here]), 1)
    return Judged(float((predicted == answers).mean()), gap(counted))
