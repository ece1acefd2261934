"""Attribute inference: is a column of training rows guessed better than that of fresh rows?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.boosting import class_probabilities, regressor
from synth_dl.metrics.efficiency import MAX_CLASSES, asks_for_classes
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.privacy.parts import Parts

MOST_ROWS = 5_000  # to learn from, and members and others to be guessed


@dataclass(frozen=True)
class Gain:
    """Guesses of one column.

    Attributes:
        column: its name.
        members: percent of training rows that are guessed.
        others: percent of fresh rows that are.
        standard_error: of the gain.
    """

    column: str
    members: float
    others: float
    standard_error: float

    @property
    def points(self) -> float:
        """Percent of training rows guessed less that of fresh rows."""
        return self.members - self.others


def attribute_inference_gain(
    parts: Parts, synthetic: EncodedTable, target: str, seed: int = 0
) -> Gain | None:
    """How much better a column of training rows is guessed than that of fresh rows.

    LightGBM learns the column from the synthetic rows (at most 5,000) and guesses it for members
    and non-members (at most 5,000 each) by their other columns. A class is guessed if it is the
    likeliest; a number if it is guessed more closely than the median non-member's. What holds in
    the population is guessed of both alike; the gain is what the synthetic rows give away of those
    learnt from. None where nothing can be learnt.

    Unit: points. Range: -100 to 100. Better: 0.
    Source: Yeom et al. 2018 (arXiv:1709.01604), attribute advantage, with a learnt attacker.
    """
    place = parts.rows.names.index(target)
    half = len(parts.rows) // 2
    asked = ~parts.rows.missing(place) & (np.arange(len(parts.rows)) % half < MOST_ROWS)
    rows, members = parts.rows.take(asked), parts.members[asked]
    known = synthetic.take(~synthetic.missing(place))
    known = known.at_most(MOST_ROWS, np.random.default_rng(seed))
    answers = rows.values[:, place]
    if len(known) < 2 or len(rows.columns) < 2 or min(members.sum(), (~members).sum()) < 2:
        return None
    features, questions = (np.delete(each.values, place, axis=1) for each in (known, rows))
    learnt = known.values[:, place]
    if asks_for_classes(rows, target):
        hits = _guessed_class(features, learnt, questions, seed) == answers
    else:
        errors = np.abs(np.asarray(regressor(seed).fit(features, learnt).predict(questions))
                        - answers)  # fmt: skip
        mark = np.median(errors[~members])
        hits = (errors < mark) + 0.5 * (errors == mark)
    found, fresh = hits[members], hits[~members]
    error = np.sqrt(found.var() / len(found) + fresh.var() / len(fresh))
    return Gain(target, 100 * float(found.mean()), 100 * float(fresh.mean()), 100 * float(error))


def _guessed_class(
    features: NDArray[np.float64],
    learnt: NDArray[np.float64],
    questions: NDArray[np.float64],
    seed: int,
) -> NDArray[np.float64]:
    """[M] the likeliest of the 20 most frequent classes."""
    classes, counts = np.unique(learnt, return_counts=True)
    kept = classes[np.argsort(-counts, kind="stable")[:MAX_CLASSES]]
    among = np.isin(learnt, kept)
    found = class_probabilities(features[among], learnt[among], questions, kept, seed)
    return kept[found.argmax(axis=1)]
