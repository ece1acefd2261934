"""Every variable as a softmax over its codes."""

import torch
import torch.nn.functional as F
from torch import Tensor

from synth_dl.likelihoods.inversion import place_of
from synth_dl.spec import Spec


class Categorical:
    """Logits to log-probabilities and draws.

    A network gives a list of tensors: [B, levels] stands for one variable, [B, K, levels] for K
    neighbouring ones.

    Args:
        spec: what one record is.
    """

    logits = True  # all parameters are logits of the levels

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @property
    def outputs(self) -> tuple[int, ...]:
        """Logits of each variable before the pixels, then of a pixel where there are pixels."""
        own = tuple(variable.levels for variable in self.spec.variables)
        return own + ((self.spec.grid.levels,) if self.spec.grid else ())

    def of(self, variable: int) -> "Categorical":
        """The likelihood of one variable."""
        return self

    def start(self, counts: Tensor) -> Tensor:
        """[levels] logits of the marginal that the counts [levels] show."""
        return ((counts + 0.5) / (counts + 0.5).sum()).log()

    def log_prob(self, logits: list[Tensor], codes: Tensor) -> Tensor:
        """[B, V] log-probability of each code in nats; 0 where the code is unknown (-1).

        Args:
            logits: [B, levels] for a variable or [B, K, levels] for several, in the order of V.
            codes: [B, V].
        """
        sizes = [1 if each.ndim == 2 else each.shape[1] for each in logits]
        pairs = zip(logits, codes.split(sizes, 1), strict=True)
        return torch.cat([self.nats(logit, part) for logit, part in pairs], 1)

    def nats(self, logits: Tensor, codes: Tensor) -> Tensor:
        """[...] log-probability of codes [...] under logits [..., levels]; 0 where unknown (-1)."""
        flat = logits.reshape(-1, logits.shape[-1])
        flat = flat.float() if flat.dtype in (torch.bfloat16, torch.float16) else flat
        nats = F.cross_entropy(flat, codes.reshape(-1), ignore_index=-1, reduction="none")
        return -nats.view(codes.shape)

    def shares(self, logits: Tensor) -> Tensor:
        """[..., levels] probabilities of all codes."""
        return logits.double().softmax(-1)

    def sample(self, logits: Tensor, uniform: Tensor) -> Tensor:
        """[...] codes by inversion of the cumulative distribution.

        One draw from [0, 1) a code keeps a sample a function of its noise alone, on any device.

        Args:
            logits: [..., levels]; an impossible code has a logit of -1e9 or less.
            uniform: [...] draws from [0, 1).
        """
        return place_of(logits.double().softmax(-1), uniform[..., None])[..., 0]
