"""Several priors of one latent variable, of which one is used."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from synth_dl.priors.aggregate import Aggregate
from synth_dl.priors.flow import Flow
from synth_dl.priors.mixture import Mixture
from synth_dl.priors.normal import Normal, log_normal
from synth_dl.priors.vamp import Vamp

PRIORS: Mapping[str, Any] = {"normal": Normal, "mixture": Mixture, "vamp": Vamp, "flow": Flow}
ROWS_AT_ONCE = 4096


class PriorChoice(nn.Module):
    """The prior that costs the fewest nats on validation records.

    Args:
        latent: dimensions.
        wanted: the name of one, or `auto` for the best.

    Attributes:
        noise: uniform draws that a sample of any of them takes at most.
        rates: [4] nats from each prior to the validation posteriors; infinite where not tried.
    """

    chosen: Tensor
    rates: Tensor

    def __init__(self, latent: int, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.each = nn.ModuleDict({name: make(latent) for name, make in PRIORS.items()})
        flow: Any = self.each["flow"]
        flow.learnt = wanted in ("auto", "flow")
        self.noise = max(prior.noise for prior in self._priors())
        first = list(PRIORS).index("flow" if wanted == "auto" else wanted)
        self.register_buffer("chosen", torch.tensor(first))
        self.register_buffer("rates", torch.full((len(PRIORS),), torch.inf))

    @property
    def learnt_with_the_encoder(self) -> Any:
        """The prior that is trained together with the encoder, or None."""
        return self.each["flow"] if self.each["flow"].learnt else None

    @property
    def name(self) -> str:
        """Of the chosen one."""
        return list(PRIORS)[int(self.chosen)]

    def log_prob(self, z: Tensor) -> Tensor:
        """[B] nats of [B, L] under the chosen one."""
        return self._priors()[int(self.chosen)].log_prob(z)

    def sample(self, uniform: Tensor) -> Tensor:
        """[B, L] of the chosen one, from [B, noise] draws from [0, 1)."""
        return self._priors()[int(self.chosen)].sample(uniform)

    def fit(
        self,
        training: Aggregate,
        validation: Aggregate,
        generators: list[torch.Generator],
        most_steps: int,
    ) -> None:
        """Fit the wanted ones to the training posteriors and choose by the validation posteriors.

        Args:
            training, validation: posteriors.
            generators: one for the validation draws, then one for each prior.
            most_steps: of each fit, so that a short training is not followed by a long one.
        """
        z = validation.draw(generators[0])
        proposal = log_normal(z, validation.means, validation.log_scales).sum(-1).mean()
        for index, (name, prior) in enumerate(zip(PRIORS, self._priors(), strict=True)):
            if self.wanted in ("auto", name):
                prior.fit(training, generators[index + 1], most_steps)
                nats = torch.cat([prior.log_prob(part) for part in z.split(ROWS_AT_ONCE)])
                self.rates[index] = proposal - nats.mean()
        self.chosen.copy_(self.rates.nan_to_num(math.inf).argmin())

    def facts(self) -> dict[str, Any]:
        """The chosen one, and what each costs."""
        rates = {
            f"rate with prior {name}, validation nats": round(float(rate), 4)
            for name, rate in zip(PRIORS, self.rates.tolist(), strict=True)
            if math.isfinite(rate)
        }
        return {"prior": self.name, **rates}

    def _priors(self) -> list[Any]:
        return list(self.each.values())
