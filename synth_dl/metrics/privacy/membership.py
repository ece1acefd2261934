"""How well membership attacks do, corrected for taking the worst of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 999
FALSE_POSITIVES = 0.01
FEWEST = 10  # members, and as many non-members, of a group
LEVEL = 0.01  # p-value below which a generator is accused
MEASURES = ("auc", "true_positives")


@dataclass(frozen=True)
class Worst:
    """The most successful of several attacks.

    Attributes:
        attack: its name.
        value: its figure, the mean over the synthetic samples.
        corrected: less what the best of as many useless attacks gets beyond a single one.
        chance: what the best of as many useless attacks stays below in 95 of 100 cases.
        spread: standard deviation of what that one gets.
    """

    attack: str
    value: float
    corrected: float
    chance: float
    spread: float


@dataclass(frozen=True)
class Success:
    """How well attacks tell members from non-members in one group of rows.

    Attributes:
        auc: of the worst attack by area under the ROC curve; 0 to 1, 0.5 is guessing.
        true_positives: of the worst attack by members found, in percent, at 1 % false positives;
            0 to 100, 1 is guessing.
        attacks: both figures of each attack.
        members: how many there are.
        others: how many non-members.
        p_value: how often useless attacks would do as well as these by either figure. Whoever
            asks about several groups multiplies it by their number.
    """

    auc: Worst
    true_positives: Worst
    attacks: Mapping[str, Mapping[str, float]]
    members: int
    others: int
    p_value: float

    @property
    def accused(self) -> bool:
        """Whether that is no chance: p-value below 1 %."""
        return self.p_value < LEVEL


def membership_success(
    samples: Sequence[Mapping[str, NDArray[np.float64]]],
    members: NDArray[np.bool_],
    seed: int = 0,
) -> Success | None:
    """Worst AUC and true positives at 1 % false positives of membership attacks.

    The figure of an attack is its mean over the synthetic samples; equal scores count half. How
    well the worst attack does by chance is told by dealing out the membership anew, 999 times, for
    all attacks and samples at once (Westfall and Young 1993), and its mean excess is taken off. The
    two figures, standardised, share one p-value. True positives at few false positives are what
    counts for the rows that are most at risk (Carlini et al. 2022, arXiv:2112.03570). None for
    fewer than 10 members or non-members.

    Unit: AUC, and %. Range: 0 to 1, and 0 to 100. Better: 0.5, and 1.
    Source: Carlini et al. 2022 (arXiv:2112.03570); Westfall and Young 1993.

    Args:
        samples: of each synthetic sample, [N] scores by the name of the attack.
        members: [N] which rows are members.
        seed: of the permutations, and of the order of equal scores.
    """
    if min(members.sum(), (~members).sum()) < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    names = list(samples[0])
    scores = np.array([[sample[name] for sample in samples] for name in names])
    dealt = np.array([members, *(rng.permutation(members) for _ in range(PERMUTATIONS))])
    # [A, 1 + P] of each attack, the true membership first.
    each_sample = scores.transpose(1, 0, 2)
    figures = {
        "auc": _areas(each_sample, dealt).mean(axis=0),
        "true_positives": 100 * np.mean([_found(each, dealt, rng) for each in each_sample], axis=0),
    }
    standard = np.concatenate(
        [(each - each[:, 1:].mean()) / (each[:, 1:].std() or 1.0) for each in figures.values()]
    ).max(axis=0)
    worst = {name: _worst(names, each) for name, each in figures.items()}
    return Success(
        **worst,
        attacks={
            name: {measure: float(each[place, 0]) for measure, each in figures.items()}
            for place, name in enumerate(names)
        },
        members=int(members.sum()),
        others=int((~members).sum()),
        p_value=float((standard >= standard[0] - 1e-9).mean()),
    )


def _worst(names: Sequence[str], figures: NDArray[np.float64]) -> Worst:
    place = int(figures[:, 0].argmax())
    value, chance = float(figures[place, 0]), figures[:, 1:].max(axis=0)
    excess = float(chance.mean() - figures[:, 1:].mean())
    return Worst(names[place], value, value - excess, float(np.quantile(chance, 0.95)),
                 float(chance.std()))  # fmt: skip


def _areas(scores: NDArray[np.float64], dealt: NDArray[np.bool_]) -> NDArray[np.float64]:
    """[S, A, P] areas under the ROC curve of [S, A, N] scores, for [P, N] memberships."""
    from scipy.stats import rankdata

    members, rows = int(dealt[0].sum()), dealt.shape[1]
    # Around 0 and in single precision, which is exact to 1e-6 of an area and half as large.
    ranks = (rankdata(scores, axis=2) - (rows + 1) / 2).astype(np.float32)
    return 0.5 + (ranks @ dealt.T.astype(np.float32)) / (members * (rows - members))


def _found(
    scores: NDArray[np.float64], dealt: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """[A, P] shares of members that are found where 1 % of the others are taken for members."""
    members = int(dealt[0].sum())
    others = dealt.shape[1] - members
    allowed = FALSE_POSITIVES * others
    whole = int(allowed)
    found = np.empty((len(scores), len(dealt)))
    for place, score in enumerate(scores):
        order = np.lexsort((rng.random(len(score)), -score))
        # Enough from the top for all dealings but the true one, which may have all members there.
        top = order[: 8 * (whole + 2) + 200]
        ahead = _ahead(dealt[:, top], whole)
        short = np.flatnonzero((ahead < 0).any(axis=1))
        if len(short):
            full = _ahead(dealt[short][:, order], whole)
            ahead[short] = np.where(full < 0, members, full)
        found[place] = ahead[:, 0] + (allowed - whole) * (ahead[:, 1] - ahead[:, 0])
    return found / members


def _ahead(ranked: NDArray[np.bool_], whole: int) -> NDArray[np.float64]:
    """[P, 2] members ahead of the others of place `whole` and the next; -1 if they are not there.

    Args:
        ranked: [P, N] memberships, the highest scores first.
        whole: how many others go before.
    """
    passed = np.cumsum(~ranked, axis=1)
    result = []
    for others in (whole + 1, whole + 2):
        at = (passed >= others).argmax(axis=1)
        there = passed[np.arange(len(at)), at] >= others
        result.append(np.where(there, at - others + 1, -1))
    return np.stack(result, axis=1).astype(np.float64)
