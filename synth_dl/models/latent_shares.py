"""Probabilities of codes by a VAE, summed over draws from its prior that all records share.

Variables are independent given z and the class, so that for each draw the probability of any codes
together is a product, and the conditional of a variable is a mean over the draws.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from synth_dl.models.weighing import even_draws

DRAWS, SEED = 2**14, 20_000_071
AT_ONCE, ROWS_AT_ONCE = 2048, 256  # draws that are decoded, and records that are weighed


def shares_by_latents(vae: Any, variables: Sequence[int]) -> Callable[[Tensor, int], Tensor]:
    """[B, levels] conditionals of some variables given known codes [B, V] of the others of them.

    Args:
        vae: with decoder, prior and perhaps a class that is drawn first.
        variables: a coarse one with its fine one.
    """
    noise = even_draws(DRAWS, vae.prior.noise + 1, SEED).to(vae.device)
    codes = torch.full((DRAWS, len(vae.spec)), -1, device=vae.device)
    codes = vae.leading.drawn(codes, noise[:, -1])
    one_hot = vae.leading.one_hot(codes)
    decoded = [each for each in variables if each >= vae.leading.count]
    outputs: list[list[Tensor]] = [[] for _ in decoded]
    for part, classes in zip(noise.split(AT_ONCE), one_hot.split(AT_ONCE), strict=True):
        if decoded:
            parameters = vae.parameters_of(vae.decode(vae.prior.sample(part[:, :-1]), classes))
        for place, variable in enumerate(decoded):
            outputs[place].append(parameters[variable])
    held = dict(zip(decoded, map(torch.cat, outputs), strict=True))

    def given(codes: Tensor, variable: int) -> list[tuple[Tensor, Tensor]]:
        """Rows [N] that share what refines a variable, and [DRAWS, levels] its probabilities."""
        if variable < vae.leading.count:
            return [(torch.arange(len(codes)), one_hot.double())]
        parent = vae.spec.variables[variable].parent
        if parent is None:
            alone = vae.likelihood.of(variable).shares(held[variable])
            return [(torch.arange(len(codes)), alone)]
        found = []
        for code in codes[:, parent].unique().tolist():
            rows = (codes[:, parent] == code).nonzero()[:, 0]
            known = codes[rows[:1]].expand(DRAWS, -1)
            logits = vae.parameters_of.refine(variable, held[variable], known)
            found.append((rows, vae.likelihood.of(variable).shares(logits)))
        return found

    def mean_over_draws(codes: Tensor, variable: int) -> Tensor:
        nats = torch.zeros(len(codes), DRAWS, dtype=torch.float64, device=codes.device)
        for known in (each for each in variables if (codes[:, each] >= 0).all()):
            for rows, shares in given(codes, known):
                nats[rows] += shares.T[codes[rows, known]].log()
        weights = nats.softmax(1)
        found = nats.new_zeros(len(codes), vae.spec.levels[variable])
        for rows, shares in given(codes, variable):
            found[rows] = weights[rows] @ shares
        return found

    def conditional(codes: Tensor, variable: int) -> Tensor:
        return torch.cat([mean_over_draws(part, variable) for part in codes.split(ROWS_AT_ONCE)])

    return conditional
