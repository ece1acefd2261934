"""The codes that restricted columns may have together, with their probabilities.

Restricted columns go first, one variable after another. All allowed continuations of what was
chosen so far are looked at with their probabilities, so that none is drawn that must be rejected,
and one column alone is drawn exactly. Where there are more continuations than can be kept, they are
resampled: likely ones are kept as they are, and of the others some, in proportion to what they
weigh (the optimal resampling of Fearnhead and Clifford 2003). Since continuations are weighed
before any is left out, this looks one variable ahead.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.models.allowed import Masks, Walk
from synth_dl.models.distinct import distinct
from synth_dl.spec import Spec

MOST = 2**15  # combinations that are kept
DRAWN, DRAWN_AT_ONCE = 2**16, 4096  # records of a family that gives no probabilities


@dataclass(frozen=True)
class Combinations:
    """What the restricted variables of a record may be.

    Attributes:
        codes: [J, V]; -1 for variables that are not restricted.
        shares: [J] how likely each is among the allowed ones; they sum to 1.
        probability: of meeting all restrictions, by the model.
        effective: effective number of the `particles` that carry the shares; both are J where no
            combination was left out.
        particles: combinations that were kept where not all were.
    """

    codes: Tensor
    shares: Tensor
    probability: float
    effective: float
    particles: int

    @property
    def exact(self) -> bool:
        """Whether the shares are those of the model itself."""
        return self.effective == self.particles == len(self.codes)

    def draw(self, uniform: Tensor) -> Tensor:
        """[B, V] codes by inversion of draws [B] from [0, 1)."""
        return self.codes[self.places(uniform)]

    def places(self, uniform: Tensor) -> Tensor:
        """[B] which of the J codes each of the draws [B] from [0, 1) stands for."""
        sums = self.shares.cumsum(0)
        place = torch.searchsorted(sums, uniform.double() * sums[-1], right=True)
        return place.clamp(max=len(self.codes) - 1)


def combinations(
    conditional: Callable[[Tensor, int], Tensor],
    spec: Spec,
    masks: Masks,
    order: Iterable[int],
    generator: torch.Generator,
    most: int = MOST,
) -> Combinations:
    """All allowed codes of the restricted variables, or the most that are kept of them.

    Where nothing is allowed there are none, and the probability is 0.

    Args:
        conditional: [B, levels] probabilities of a variable given the known codes [B, V].
        spec: what one record is.
        masks: of the restricted variables.
        order: in which variables are drawn; those of a column together, coarse before fine.
        generator: draws which combinations are left out.
        most: combinations that are kept.
    """
    codes = torch.full((1, len(spec)), -1)
    weights = torch.ones(1, dtype=torch.float64)
    walk, kept = Walk(masks, 1), _Kept(weights)
    for variable in (each for each in order if each in masks):
        parts = [conditional(part, variable) for part in codes.split(spec.rows_at_once)]
        joint = weights[:, None] * torch.cat(parts).double() * walk.weights(variable)
        before, code = joint.nonzero(as_tuple=True)
        weights = joint[before, code]
        kept.follow(before)
        if len(weights) > most:
            place, thinned = _resampled(weights, most, generator)
            kept.judge(weights)
            before, code, weights = before[place], code[place], thinned
            kept.start(weights)
        codes = codes[before]
        codes[:, variable] = code
        walk.take(before)
        walk.follow(variable, code)
    kept.judge(weights)
    total = float(weights.sum())
    shares = weights / total if total > 0 else weights
    particles = most if kept.resampled else len(codes)
    return Combinations(codes, shares, total, kept.effective * particles, particles)


def combinations_by_draws(model: Any, masks: Masks, generator: torch.Generator) -> Combinations:
    """Those that draws of a family show that gives no probabilities.

    Raises:
        ConfigError: if none of the draws meets the masks.
    """
    nothing = torch.full((DRAWN_AT_ONCE, len(model.spec)), -1, device=model.device)
    drawn = []
    for _ in range(DRAWN // DRAWN_AT_ONCE):
        uniform = torch.rand(DRAWN_AT_ONCE, model.noise_size, generator=generator)
        drawn.append(model.sample(nothing, uniform.to(model.device)).cpu())
    found = combinations_of(torch.cat(drawn), model.spec, masks)
    if not len(found.codes):
        raise ConfigError(
            f"where: a GAN gives no probabilities, and none of {DRAWN:,} of its records meets "
            "the condition; loosen it, or take model=autoregressive"
        )
    return found


def combinations_of(codes: Tensor, spec: Spec, masks: Masks) -> Combinations:
    """Those that records [N, V] have, by how often."""
    weights = torch.ones(len(codes), dtype=torch.float64)
    walk, restricted = Walk(masks, len(codes)), sorted(masks)
    for variable in restricted:
        weights = weights * walk.follow(variable, codes[:, variable])
    held = weights > 0
    allowed, which = distinct(codes[held][:, restricted])
    found = torch.full((len(allowed), len(spec)), -1)
    found[:, restricted] = allowed
    shares = torch.zeros(len(allowed), dtype=torch.float64).index_add_(0, which, weights[held])
    count = float(weights.sum() ** 2 / weights.square().sum()) if len(allowed) else 0.0
    shares = shares / shares.sum()
    return Combinations(found, shares, float(weights.mean()), count, len(codes))


class _Kept:
    """How unevenly the continuations of resampled combinations weigh, as a share of all of them.

    It is the effective sample size (Kong 1992) of the factors by which their weights have changed,
    at its least over all resamplings.
    """

    def __init__(self, weights: Tensor) -> None:
        self.effective, self.resampled = 1.0, False
        self._began, self._ancestor = weights, torch.zeros(1, dtype=torch.long)

    def follow(self, before: Tensor) -> None:
        """Go on with continuations [N] of the present ones."""
        self._ancestor = self._ancestor[before]

    def judge(self, weights: Tensor) -> None:
        """Compare the weights [N] with those of the combinations that they continue."""
        if not self.resampled:
            return
        now = torch.zeros_like(self._began).index_add_(0, self._ancestor, weights)
        ratio = now / self._began
        square = (self._began * ratio).sum() ** 2
        spread = self._began.sum() * (self._began * ratio**2).sum()
        self.effective = min(self.effective, float(square / spread) if spread > 0 else 0.0)

    def start(self, weights: Tensor) -> None:
        """Resampled ones have these weights [N]."""
        self.resampled, self._began = True, weights
        self._ancestor = torch.arange(len(weights))


def _resampled(weights: Tensor, most: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Places of at most `most` + 1 weights [N] that are kept, and their new weights."""
    ordered = weights.sort(descending=True).values
    rest = ordered.sum() - ordered.cumsum(0) + ordered
    heavy = torch.arange(len(ordered))
    # The first weight that would be kept less than once, as often as its due.
    light = (most - heavy).clamp(min=0) * ordered < rest
    count = int(light.int().argmax())
    scale = (most - count) / rest[count]
    sure = scale * weights >= 1
    due = torch.where(sure, 0.0, scale * weights).cumsum(0)
    offset = torch.rand((), generator=generator, dtype=torch.float64)
    steps = (due + offset).floor()
    chosen = steps.diff(prepend=torch.zeros(1, dtype=torch.float64)) > 0
    place = (sure | chosen).nonzero()[:, 0]
    return place, torch.where(sure[place], weights[place], 1 / scale)
