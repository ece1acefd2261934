"""Every variable as a softmax over its codes."""

import torch
import torch.nn.functional as F
from torch import Tensor

from synth_dl.spec import Spec


class Categorical:
    """Logits to log-probabilities and draws.

    Args:
        spec: what one record is; a network gives one [B, levels] tensor for each of its variables.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def log_prob(self, logits: list[Tensor], codes: Tensor) -> Tensor:
        """[B, V] log-probability of each code in nats; 0 where the code is unknown (-1).

        Args:
            logits: one [B, levels] tensor for each variable.
            codes: [B, V].
        """
        found = [
            -F.cross_entropy(logit.float(), codes[:, k], ignore_index=-1, reduction="none")
            for k, logit in enumerate(logits)
        ]
        return torch.stack(found, 1)

    def sample(self, logits: Tensor, uniform: Tensor) -> Tensor:
        """[B] codes by inversion of the cumulative distribution.

        One draw from [0, 1) a record keeps a sample a function of its noise alone, on any device.

        Args:
            logits: [B, levels]; an impossible code has a logit of -1e9 or less.
            uniform: [B] draws from [0, 1).
        """
        cumulative = logits.double().softmax(-1).cumsum(-1)
        target = uniform.double() * cumulative[:, -1]
        code = torch.searchsorted(cumulative, target[:, None], right=True)[:, 0]
        return code.clamp(max=logits.shape[-1] - 1)
