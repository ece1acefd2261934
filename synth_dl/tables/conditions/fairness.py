"""Rows under demographic parity or equalised odds, as classes in the shares that these ask for.

How likely each class of the columns in question is, P(y, s), is counted in rows of the model. Under
demographic parity the outcome has nothing to do with the group: classes are drawn in the shares
P(y) P(s). Under equalised odds (Hardt, Price and Srebro 2016, equation 1) what a predictor says has
nothing to do with the group, given the outcome: P(y, s) P(p | y). All other columns are drawn given
the class, as the model draws them. Of all distributions q for which this holds, it is the one of
the least KL(model || q), and the shares of outcomes and of groups stay.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.sampling.balance import ClassCounts, table_lines
from synth_dl.sampling.drawing import Drawing
from synth_dl.sampling.lists import split_list
from synth_dl.sampling.synthesizer import NEVER
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.conditions.classes import Classes, classes_of

logger = logging.getLogger(__name__)

COUNTED = 2**16  # rows of the model in which its classes are counted
_SHOWN = 20  # lines of a table on the console


@dataclass(frozen=True)
class Fairness:
    """What a user asks for.

    Attributes:
        option: `parity` or `odds`.
        outcome: the column of the outcome.
        groups: the columns whose combinations are the groups.
        predictor: of odds, the column of what is predicted.
    """

    option: str
    outcome: str
    groups: tuple[str, ...]
    predictor: str | None = None

    @classmethod
    def of(cls, parity: Any, odds: Any, predictor: Any) -> "Fairness | None":
        """What is said by the options of these names, if anything.

        Raises:
            ConfigError: for what names no outcome and no groups.
        """
        option, said = ("parity", parity) if parity is not None else ("odds", odds)
        if said is None:
            return None
        outcome, groups = said if isinstance(said, list | tuple) and len(said) == 2 else (said, "")
        if isinstance(outcome, str) and not groups:
            outcome, _, groups = outcome.partition("|")
        if isinstance(groups, str):
            groups = split_list(groups)
        if not (isinstance(outcome, str) and isinstance(groups, list | tuple)):
            raise ConfigError(f"{option}={said}: write {option}=OUTCOME|GROUP")
        groups = tuple(str(each).strip() for each in groups if str(each).strip())
        outcome = outcome.strip()
        if not outcome or not groups:
            raise ConfigError(f"{option}={said}: write {option}=OUTCOME|GROUP, such as "
                              f"{option}=income|sex")  # fmt: skip
        predicted = None if option == "parity" else str(predictor)
        named = [outcome, *groups, *([] if predicted is None else [predicted])]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(f"{option}: column '{twice}' is named twice; name another one")
        return cls(option, outcome, groups, predicted)

    @property
    def decision(self) -> str:
        """The column that must have nothing to do with the groups."""
        return self.predictor or self.outcome

    @property
    def strata(self) -> tuple[str, ...]:
        """What that is to hold within."""
        return () if self.predictor is None else (self.outcome,)


@dataclass(frozen=True)
class FairShares:
    """The shares of classes, by the model and under fairness.

    Attributes:
        asked: by the user.
        classes: with the shares under fairness.
        names: of the strata (one where there are none), the decisions and the groups.
        joint: [T, D, G] their shares by the model.
        fair: [T, D, G] under fairness.
    """

    asked: Fairness
    classes: Classes
    names: tuple[tuple[str, ...], ...]
    joint: NDArray[np.float64]
    fair: NDArray[np.float64]

    @classmethod
    def of(
        cls, asked: Fairness, codec: TableCodec, model: Any, facts: Mapping[str, Any]
    ) -> "FairShares":
        """By a model in evaluation mode.

        Raises:
            ConfigError: for unknown columns, columns without classes, or a model that draws none of
                them.
        """
        columns = [*asked.strata, asked.decision, *asked.groups]
        each = [classes_of(codec, asked.option, [name]) for name in columns]
        classes = classes_of(codec, asked.option, columns)
        sizes = [len(one.names) for one in each]
        parts = len(asked.strata)
        shape = (int(np.prod(sizes[:parts])), sizes[parts], int(np.prod(sizes[parts + 1 :])))
        model.eval()
        joint = _counted(classes, model).reshape(shape)
        fair = fair_shares(joint)
        _warn_of_unseen(classes, joint.ravel(), fair.ravel(), facts.get("rows", math.inf))
        shares = tuple(Fraction(float(share)) for share in fair.ravel())
        total = sum(shares, Fraction(0))
        classes = replace(classes, shares=tuple(share / total for share in shares))
        groups = classes_of(codec, asked.option, list(asked.groups)).names
        strata = each[0].names if asked.strata else ("",)
        return cls(asked, classes, (strata, each[parts].names, groups), joint, fair)

    def lines(self, counts: ClassCounts) -> list[str]:
        """What it brought and what it cost, for the console."""
        drawn = np.array(counts.drawn, float).reshape(self.joint.shape)
        asked, (strata, decisions, groups) = self.asked, self.names
        within = f", given {asked.outcome}" if asked.strata else ""
        rows = [
            (", ".join(filter(None, (strata[t], groups[g]))), decisions[d],
             f"{before[t, d, g]:.1%}", f"{after[t, d, g]:.1%}")
            for before, after in [(_rates(self.joint), _rates(drawn))]
            for t in range(len(strata)) for g in range(len(groups))
            for d in _told(len(decisions))
        ]  # fmt: skip
        titles = [", ".join((*asked.strata, *asked.groups)), asked.decision, "model", "drawn"]
        more = len(rows) - _SHOWN
        return [
            *table_lines(titles, rows[:_SHOWN]),
            *([f"and {more} more"] if more > 0 else []),
            f"gap of {asked.decision} between groups{within}: {100 * gap(self.joint):.1f} points "
            f"in the model, {100 * gap(drawn):.2g} in these rows",
            f"cost: {self.moved:.1%} of the rows are of another class than the model draws "
            f"({self.divergence:.3g} nats a row)",
        ]

    @property
    def moved(self) -> float:
        """Share of rows of another class than by the model (total variation distance)."""
        return float(np.abs(self.joint - self.fair).sum() / 2)

    @property
    def divergence(self) -> float:
        """KL(model || fair) in nats: the information of the decision on the group."""
        there = self.joint > 0
        return float((self.joint[there] * np.log(self.joint[there] / self.fair[there])).sum())


def fair_shares(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """[T, D, G] shares P(t, g) P(d | t) of shares P(t, d, g)."""
    strata = joint.sum((1, 2), keepdims=True)
    decisions = joint.sum(2, keepdims=True) / np.where(strata > 0, strata, 1.0)
    return joint.sum(1, keepdims=True) * decisions


def gap(joint: NDArray[np.float64]) -> float:
    """By how much the rates of a decision differ most between two groups of a stratum.

    Args:
        joint: [T, D, G] shares or counts; groups without any are left out.
    """
    rates, there = _rates(joint), joint.sum(1, keepdims=True) > 0
    highest = np.where(there, rates, -np.inf).max(2)
    lowest = np.where(there, rates, np.inf).min(2)
    return float(np.where(there.any(2), highest - lowest, 0.0).max())


def _rates(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    total = joint.sum(1, keepdims=True)
    return joint / np.where(total > 0, total, 1.0)


def _told(decisions: int) -> Sequence[int]:
    """Which rates are shown: of two decisions one says all."""
    return (1,) if decisions == 2 else range(decisions)


def _counted(classes: Classes, model: Any) -> NDArray[np.float64]:
    """[K] shares of the classes in rows that the model draws without a condition.

    Counted, as an order that has their columns first may know them badly; so any family will do.
    """
    counts = sum(classes.counts(drawn.codes)[0] for drawn in Drawing(model, 0, COUNTED, 0))
    total = int(np.sum(counts))
    if not total:
        raise ConfigError(f"{classes.option}: none of {COUNTED:,} rows of the model is of a class "
                          f"of {classes.column}; choose other columns")  # fmt: skip
    return np.asarray(counts) / total


def _warn_of_unseen(
    classes: Classes, joint: NDArray[np.float64], fair: NDArray[np.float64], rows: float
) -> None:
    """Fairness draws all classes, also those that the model has never seen."""
    strange = (joint * rows < NEVER) & (fair > 0)
    if strange.any():
        first = classes.names[int(strange.argmax())]
        logger.warning(
            "%s: %d of the %d classes of %s never occur in the training rows, as far as the model "
            "can tell, such as (%s); their rows are the model's guess",
            classes.option, int(strange.sum()), len(strange), classes.column, first,
        )  # fmt: skip
