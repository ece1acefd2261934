"""Pixels of many levels as a mixture of discretised logistics (arXiv:1701.05517, equation 2)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Size, checked
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.spec import Spec

LOG_SCALES = (-7.0, 7.0)  # wider or narrower ones have no finite gradient


class LogisticMixture:
    """A mixture of logistics for each pixel, whose mass is that of an interval around each level.

    Levels stand at equal distances from -1 to 1; the first and the last one take the tails, so that
    all levels together have probability 1. A class before the pixels is a softmax: `of` says which
    variable is which, and all that is for one variable is for a pixel here.

    Args:
        spec: what one record is; it must have a grid.
        mixtures: logistics in a mixture.
    """

    logits = False

    @checked("likelihood")
    def __init__(self, spec: Spec, mixtures: Size = 10) -> None:
        if spec.grid is None:
            raise ConfigError("logistic mixtures are for images; choose likelihood=categorical")
        self.spec = spec
        self.levels = spec.grid.levels
        self.mixtures = mixtures
        self._classes = Categorical(Spec(spec.variables, spec.columns))

    @property
    def outputs(self) -> tuple[int, ...]:
        """Logits of a class, then log weights, means and log scales of a pixel."""
        return (*self._classes.outputs, 3 * self.mixtures)

    def of(self, variable: int) -> "Categorical | LogisticMixture":
        """The likelihood of one variable: of a class, or of a pixel."""
        return self._classes if variable < len(self.spec.variables) else self

    def start(self, counts: Tensor) -> Tensor:
        """[P] means at even distances, whatever the counts [levels] of a pixel."""
        means = torch.linspace(-1, 1, self.mixtures)
        spread = torch.full_like(means, math.log(1 / self.mixtures))
        return torch.cat([torch.zeros_like(means), means, spread])

    def log_prob(self, parameters: list[Tensor], codes: Tensor) -> Tensor:
        """[B, V] log-probability of each code in nats; 0 where the code is unknown (-1)."""
        classes, pixels = codes.tensor_split([len(self.spec.variables)], 1)
        found = self.nats(parameters[-1], pixels)
        if not self.spec.variables:
            return found
        return torch.cat([self._classes.log_prob(parameters[:-1], classes), found], 1)

    def nats(self, parameters: Tensor, codes: Tensor) -> Tensor:
        """[...] log-probability of codes [...] under [..., P]; 0 where unknown (-1)."""
        if parameters.dtype in (torch.bfloat16, torch.float16):
            parameters = parameters.float()
        return torch.where(codes < 0, 0.0, self._log_mass(parameters, codes.clamp(min=0)))

    def shares(self, parameters: Tensor) -> Tensor:
        """[..., levels] probabilities of all levels."""
        levels = torch.arange(self.levels, device=parameters.device)
        every = parameters[..., None, :].expand(*parameters.shape[:-1], self.levels, -1)
        return self._log_mass(every.double(), levels.expand(every.shape[:-1])).exp()

    def sample(self, parameters: Tensor, uniform: Tensor) -> Tensor:
        """[...] codes by inversion of the cumulative distribution, one draw from [0, 1) each.

        Args:
            parameters: [..., P].
            uniform: [...].
        """
        weights, means, scales = self._parts(parameters.double())
        weights, uniform = weights.exp(), uniform.double()
        low = torch.zeros_like(uniform, dtype=torch.long)
        high = torch.full_like(low, self.levels - 1)
        # The first level whose cumulative probability exceeds the draw, by halving the range.
        for _ in range(math.ceil(math.log2(self.levels))):
            middle = (low + high) // 2
            edge = self._edges(middle.double())[..., None]
            reached = (weights * torch.sigmoid((edge - means) / scales)).sum(-1) <= uniform
            low = torch.where(reached, (middle + 1).clamp(max=self.levels - 1), low)
            high = torch.where(reached, high, middle)
        return low

    def _log_mass(self, parameters: Tensor, levels: Tensor) -> Tensor:
        weights, means, scales = self._parts(parameters)
        places = levels.to(parameters.dtype)[..., None]
        upper = (self._edges(places) - means) / scales
        lower = (self._edges(places - 1) - means) / scales
        # log(sigmoid(a) - sigmoid(b)) = log sigmoid(a) + log sigmoid(-b) + log(1 - exp(b - a))
        inside = (
            F.logsigmoid(upper) + F.logsigmoid(-lower) + _log1mexp(2 / (self.levels - 1) / scales)
        )
        mass = torch.where(levels[..., None] == 0, F.logsigmoid(upper), inside)
        mass = torch.where(levels[..., None] == self.levels - 1, F.logsigmoid(-lower), mass)
        return torch.logsumexp(weights + mass, -1)

    def _parts(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weights, means, log_scales = parameters.split(self.mixtures, -1)
        scales = log_scales.clamp(*LOG_SCALES).exp()
        return weights.log_softmax(-1), means, scales

    def _edges(self, levels: Tensor) -> Tensor:
        """Upper edges of levels, halfway to the next one."""
        return (levels + 0.5) * (2 / (self.levels - 1)) - 1


def _log1mexp(x: Tensor) -> Tensor:
    """log(1 - exp(-x)) for x > 0, precise for small and for large x."""
    return torch.where(x < 0.69, torch.log(-torch.expm1(-x)), torch.log1p(-torch.exp(-x)))
