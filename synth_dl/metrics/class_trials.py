"""All ways to a classifier, trained on the same rows and scored on the same holdout."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.augmentation import OURS, REFERENCE, TITLES, Way
from synth_dl.metrics.boosting import class_probabilities, workers
from synth_dl.metrics.class_rows import ClassRows, with_interpolated, with_repeated
from synth_dl.metrics.class_scores import MEASURES, Bootstrap, class_scores


def answers(
    learnt: ClassRows, synthetic: ClassRows, holdout: ClassRows, classes: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """[N, K] class probabilities of the holdout, by each way to train LightGBM.

    Args:
        learnt: real rows.
        synthetic: rows that are added to these; those of a class weigh no more than its real rows
            in all, so that whatever the model gets wrong does not drown them.
        holdout: the rows that are asked for.
        classes: how many there are.
        seed: of classifiers and of what is drawn.

    Returns:
        By names of `TITLES`; without `smote_nc` where imbalanced-learn is not installed.
    """
    sets: dict[str, Callable[[], ClassRows]] = {
        "real": lambda: learnt,
        REFERENCE: lambda: learnt,
        "over_sampling": lambda: with_repeated(learnt, np.random.default_rng(seed)),
        "smote_nc": lambda: with_interpolated(learnt, seed),
        OURS: lambda: learnt.with_rows(synthetic),
    }

    weights = np.append(np.ones(len(learnt)), _weights(learnt, synthetic, classes))

    def answer(name: str) -> NDArray[np.float64] | None:
        try:
            rows = sets[name]()
        except ImportError:
            return None
        return class_probabilities(
            rows.features, rows.classes, holdout.features, np.arange(classes), seed,
            class_weight="balanced" if name == REFERENCE else None,
            sample_weight=weights if name == OURS else None,
        )  # fmt: skip

    with ThreadPoolExecutor(workers()) as pool:
        found = zip(sets, pool.map(answer, sets), strict=True)
    return {name: answer for name, answer in found if answer is not None}


def _weights(learnt: ClassRows, synthetic: ClassRows, classes: int) -> NDArray[np.float64]:
    """[N] weight of each synthetic row."""
    real, drawn = (np.bincount(rows.classes, minlength=classes) for rows in (learnt, synthetic))
    return np.minimum(real / np.maximum(drawn, 1), 1.0)[synthetic.classes]


@dataclass
class ClassTrials:
    """Scores of all ways, repeat by repeat.

    Attributes:
        classes: [N] of the holdout, whole numbers from 0 on.
        scored: the classes that AUC and average precision are about.
        resamples: of repeats and of holdout rows.
        scores: by way, [1 + RESAMPLES, M] of each repeat.
    """

    classes: NDArray[np.int64]
    scored: tuple[int, ...]
    resamples: Bootstrap
    scores: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, holdout: ClassRows, counts: NDArray[np.int64], repeats: int, seed: int
    ) -> "ClassTrials":
        """Trials without scores yet.

        Args:
            holdout: the rows that all are scored on.
            counts: [K] real rows of each class; of two the rarer is scored, of more all are.
            repeats: how many there will be.
            seed: of the resamples.
        """
        scored = (int(np.argmin(counts)),) if len(counts) == 2 else tuple(range(len(counts)))
        return cls(holdout.classes, scored, Bootstrap.of(holdout.classes, repeats, seed))

    def add(self, answered: Mapping[str, NDArray[np.float64]]) -> None:
        """Score the [N, K] probabilities that each way gave in one repeat."""

        def scores(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
            return class_scores(self.classes, probabilities, self.scored, self.resamples.rows)

        with ThreadPoolExecutor(workers()) as pool:
            for name, found in zip(answered, pool.map(scores, answered.values()), strict=True):
                self.scores.setdefault(name, []).append(found)

    def ways(self) -> tuple[Way, ...]:
        """What was found of each way, in the order of `TITLES`."""
        stacked = {name: np.stack(self.scores[name]) for name in TITLES if name in self.scores}

        def intervals(scores: NDArray[np.float64]) -> dict:
            return dict(zip(MEASURES, self.resamples.intervals(scores), strict=True))

        return tuple(
            Way(name, intervals(scores), intervals(scores - stacked[REFERENCE]))
            for name, scores in stacked.items()
        )
