"""Reports side by side: how each stands to the others in fidelity, privacy and time."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.metrics.report import Metric, loss_of

FIDELITY = ("two_sample_auc_fresh", "two_sample_auc_train", "trend_error", "frechet_distance")
PRIVACY = ("membership_auc", "nearer_train_share", "nearest_train_share")
SECONDS = "seconds"
NAME = "name"


@dataclass(frozen=True)
class Candidate:
    """One synthetic table or set of images that was judged.

    Attributes:
        name: what it is called here.
        place: its report or file.
        metrics: of its report, by their names.
        seconds: that training and drawing took, where a run tells it.
        facts: of its report.
    """

    name: str
    place: str
    metrics: Mapping[str, Metric]
    seconds: float | None
    facts: Mapping[str, Any]

    def value(self, name: str) -> float | None:
        """A figure, or the seconds."""
        if name == SECONDS:
            return self.seconds
        return self.metrics[name].synthetic if name in self.metrics else None

    def loss(self, name: str) -> float | None:
        """The same as a number that is lower where it is better; None where that is not known."""
        value = self.value(name)
        if value is None or name == SECONDS:
            return value
        metric = self.metrics[name]
        if metric.better == "as the holdout":
            return None if metric.holdout is None else abs(value - metric.holdout)
        if metric.better.startswith("at least "):
            return max(0.0, float(metric.better.removeprefix("at least ")) - value)
        return loss_of(value, metric.better)

    def leak(self, name: str) -> float | None:
        """Of a figure of privacy, how far it is above what chance gives, and 0 below."""
        value = self.value(name)
        return None if value is None else max(0.0, value - float(self.metrics[name].better))


@dataclass(frozen=True)
class Standing:
    """Candidates in an order.

    Attributes:
        candidates: the best one by the figure that they are sorted by comes first.
        figures: a metric of each name that any of them has, in the order of the reports.
        sorted_by: name of that figure, or `name`.
        fidelity, privacy: names of the figures of the plane; None where no candidate has one.
    """

    candidates: tuple[Candidate, ...]
    figures: tuple[Metric, ...]
    sorted_by: str
    fidelity: str | None
    privacy: str | None

    def position(self, candidate: Candidate) -> tuple[float | None, float | None, float | None]:
        """Losses of fidelity, privacy and time."""
        fidelity = None if self.fidelity is None else candidate.loss(self.fidelity)
        privacy = None if self.privacy is None else candidate.leak(self.privacy)
        return fidelity, privacy, candidate.seconds

    def dominated(self, candidate: Candidate) -> bool:
        """Whether another one is as good in all that is known of both, and better in something.

        Nothing is dominated where fidelity or privacy is not known.
        """
        own = self.position(candidate)
        if None in own[:2]:
            return False
        for other in map(self.position, self.candidates):
            pairs = [(a, b) for a, b in zip(own, other, strict=True) if None not in (a, b)]
            as_good = None not in other[:2] and all(b <= a for a, b in pairs)  # type: ignore[operator]
            if as_good and any(b < a for a, b in pairs):  # type: ignore[operator]
                return True
        return False

    def best(self, name: str) -> set[str]:
        """Names of the candidates with the best value of a figure; empty of a lone one."""
        losses = {each.name: each.loss(name) for each in self.candidates}
        known = [loss for loss in losses.values() if loss is not None]
        if len(losses) < 2 or not known:
            return set()
        return {each for each, loss in losses.items() if loss == min(known)}

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "sorted_by": self.sorted_by,
            "plane": {"fidelity": self.fidelity, "privacy": self.privacy, "time": SECONDS},
            "reports": [
                {
                    "report": each.name,
                    "place": each.place,
                    "dominated": self.dominated(each),
                    "seconds": each.seconds,
                    "metrics": {metric.name: each.value(metric.name) for metric in self.figures},
                }
                for each in self.candidates
            ],
        }


def standing(candidates: Sequence[Candidate], sort: str | None = None) -> Standing:
    """Candidates, sorted by a figure; by that of fidelity where none is said.

    Raises:
        ConfigError: for a figure that none of them has.
    """
    figures = {name: metric for each in candidates for name, metric in each.metrics.items()}

    def told(names: Sequence[str]) -> str | None:
        """The first figure that most candidates have."""
        counts = {name: sum(each.value(name) is not None for each in candidates) for name in names}
        most = max(counts.values())
        return next(name for name in names if counts[name] == most) if most else None

    fidelity, privacy = told(FIDELITY), told(PRIVACY)
    by = sort or fidelity or NAME
    known = [NAME, SECONDS, *figures]
    if by not in known:
        near = difflib.get_close_matches(by, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"they have {', '.join(known)}"
        raise ConfigError(f"sort={by}: no report has such a figure; {hint}")
    if by == NAME:
        ordered = sorted(candidates, key=lambda each: each.name)
    else:
        losses = [each.loss(by) for each in candidates]
        order = sorted(range(len(losses)), key=lambda k: (losses[k] is None, losses[k] or 0.0))
        ordered = [candidates[k] for k in order]
    return Standing(tuple(ordered), tuple(figures.values()), by, fidelity, privacy)
