"""The autoregressive model: a record's codes one after another, each given the last ones.

log p(x) = sum over v of log p(x_v | the variables before v). Every record trains all conditionals
in one pass. What may be seen is for the order to say, which network and model share. Where it knows
more than one order, a share of the records is trained with a random subset given first, so that
conditions and completions need no rejection (arXiv:1310.1757, section 4, trains over all orders).
"""

import math
from collections.abc import Iterator, Sized
from typing import Any, Literal

import torch
from torch import Tensor, nn

from synth_dl.errors.options import Limit, Positive, Share, ShareBelow, Weight, checked
from synth_dl.likelihoods.inversion import Allowed, only
from synth_dl.models import samplers
from synth_dl.models.allowed import Masks
from synth_dl.models.combinations import Combinations
from synth_dl.models.defaults import Course, Options, autoregressive_course, autoregressive_options
from synth_dl.models.importance import complete
from synth_dl.models.marginals import code_counts, start_at_marginals
from synth_dl.models.natural_order import (
    complete_in_natural_order,
    conditional_in_natural_order,
    draw_in_natural_order,
    draw_masked,
    particles_in_natural_order,
)
from synth_dl.models.rare import RareRows
from synth_dl.models.schedule import Schedule, Scheduled
from synth_dl.models.subsets import evenly
from synth_dl.networks.decays import decays_of
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

VALIDATION_SEED = 20_000_003  # the same subsets are given at every validation
VISITS = 100  # of a row for a rare value in a training; with more, such rows are learnt by heart
SLACK = 0.005  # of the best nats; a round that is worse by more has learnt rows by heart

Weights = Literal["best", "last"]


class Autoregressive(Scheduled):
    """Exact likelihood, exact sampling, any variables given that the order can have first.

    Args:
        network: gives the parameters of every variable for what each may see; `network.order` says
            what that is.
        likelihood: turns parameters into log-probabilities and draws.
        learning_rate: peak of the one-cycle schedule.
        weight_decay: of AdamW.
        any_order: share of each batch trained with a random subset of the columns given first,
            where the order allows it.
        rare: share of these that are exchanged for rows with a rare value, which is given too.
        calibration: whether output biases are moved to the training marginals at the end.
        warmup: share of the steps in which the learning rate rises.
        final: learning rate at the end, as a share of the peak.
        clip: largest norm of the gradient.
        weights: those of the `best` round by validation nats, at which a run also ends early, or
            the `last` whose nats are hardly worse than the best. The best nats have a model that
            blurs popular values and clusters.
    """

    architectures = {  # noqa: RUF012
        "table": "synth_dl.networks.conditionals.Conditionals",
        "images": "synth_dl.networks.pixelcnn.PixelCNN",
    }
    needs = {  # noqa: RUF012
        "network": ("step", "conditionals or network=pixelcnn"),
        "likelihood": ("nats", "categorical"),
    }

    @checked("model")
    def __init__(
        self,
        network: Any,
        likelihood: Any,
        learning_rate: Positive = 4e-3,
        weight_decay: Weight = 0.01,
        any_order: Share = 0.3,
        rare: Share = 0.5,
        calibration: bool = True,
        warmup: ShareBelow = 0.1,
        final: Share = 0.01,
        clip: Limit = 5.0,
        weights: Weights = "best",
    ) -> None:
        super().__init__()
        self.schedule = Schedule(learning_rate, warmup, final, weight_decay, clip)
        self.network = network
        self.likelihood = likelihood
        self.order = network.order
        self.members = len(network) if isinstance(network, Sized) else 1
        self.spec = likelihood.spec
        self.any_order, self.rare = any_order, rare
        self._rare_rows: RareRows | None = None
        self.calibration = calibration
        self.weights, self.stops_early = weights, weights == "best"
        self.sampler = "cached"

    def training_step(self, codes: Tensor, batch_index: int) -> Tensor:
        """Mean negative log-likelihood of a batch [B, V], in nats a row."""
        codes = self.codes_of(codes)
        generator = self.noise_of_step(codes.device)
        mixed = 0 if self.order.fixed else round(self.any_order * len(codes))
        codes, given, unscored = self._with_given(codes, mixed, generator)
        sees = self.order.natural(codes)
        if mixed:
            sees[:mixed] = self.order.given_first(codes[:mixed], given)
        nats = self.likelihood.log_prob(self.network(codes, sees, generator), codes)
        natural = nats[mixed:] if mixed < len(codes) else nats
        self.log("nats/train", -natural.detach().sum(1).mean())
        self.log("learning_rate", self.schedule.rate(self.done, self.steps))
        return -nats.masked_fill(unscored, 0.0).sum(1).mean()

    def _with_given(
        self, codes: Tensor, mixed: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """A batch [B, V] in which the first `mixed` rows have a random subset given.

        Some of these are exchanged for rows that are drawn by a value, which is then given too.

        Returns:
            [B, V] codes, [mixed, V] which are given, [B, V] which do not count in the loss.
        """
        unscored = torch.zeros_like(codes, dtype=torch.bool)
        given = self.order.random_given(codes[:mixed], generator) if mixed else unscored[:0]
        exchanged = 0
        if self._rare_rows is not None:
            most = -(-VISITS * len(self._rare_rows) // max(1, self.steps))
            exchanged = min(round(self.rare * mixed), most)
        if exchanged and self._rare_rows is not None:
            rows, chosen = self._rare_rows.draw(exchanged, generator)
            codes = torch.cat([rows.to(codes), codes[exchanged:]])
            given[: exchanged // 2] = False  # a single condition is what users ask for most
            given[:exchanged] |= chosen.to(codes.device)
            # Rows chosen by what is given teach what follows from it, and not how often it occurs.
            unscored[:exchanged] = given[:exchanged]
        return codes, given, unscored

    def decays(self) -> Iterator[tuple[nn.Parameter, float]]:
        """Each parameter and how strongly it decays, as the network says."""
        return decays_of(self.network)

    def improves(self, figure: float, best: float) -> bool:
        if self.weights == "best":
            return super().improves(figure, best)
        return math.isfinite(figure) and not figure > best + SLACK * abs(best)

    def figures(self, codes: Tensor, batch_index: int) -> dict[str, Tensor]:
        """Exact nats a row, in the natural order and with a fixed random subset given first."""
        found = {"nats": -self.log_prob(codes).sum(1).mean()}
        if not self.order.fixed:
            generator = generator_for(VALIDATION_SEED, batch_index)
            given = self.order.random_given(codes, generator)
            found["nats_any_order"] = -self.log_prob(codes, given).sum(1).mean()
        return found

    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        order = self.order
        sees = order.natural(codes) if given is None else order.given_first(codes, given)
        return self.likelihood.log_prob(self.network(codes, sees), codes)

    @torch.no_grad()
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """In the order that has the known columns first, or by Bayes' rule in the natural one.

        The latter where all others are known, as the natural order is learnt best; and where there
        is one order only, in which unknown variables must then come after all known ones.
        """
        if self.order.fixed:
            return super().conditional(codes, variable)
        state = self.network.begin(codes)
        shares = self.network.step(variable, state, codes).softmax(-1)
        own_variable = self.spec.variables[variable]
        if own_variable.parent is not None and own_variable.ordered:
            return shares  # where in a bin a number lies says little of the others
        column, columns = own_variable.column, self.order.columns
        own = [k for k in range(variable + 1, len(columns)) if columns[k] == column]
        free = [variable, *(k for k in own if not bool((codes[:, k] >= 0).any()))]
        known = codes >= 0
        known[:, free] = True
        whole = known.all(1)
        if len(free) > 2 or variable + len(free) == len(columns) or not bool(whole.any()):
            return shares
        fine = free[1] if len(free) > 1 else None
        own_parts = self.network, self.likelihood, codes[whole], own_variable
        shares[whole] = conditional_in_natural_order(*own_parts, variable, shares[whole], fine)
        return shares

    @torch.no_grad()
    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Exact draws by the chain rule, the given variables first, the rest in natural order.

        Where there is one order only, the given pixels must stand first in it; what comes before
        them is drawn given them.
        """
        if self.order.fixed:
            given = self._with_class(given, uniform, allowed)
        draw = getattr(samplers, self.sampler)
        return draw(self.network, self.likelihood, given, uniform, allowed)

    @property
    def refines(self) -> bool:
        return not self.order.fixed

    def in_natural_order(self, known: Tensor) -> Tensor:
        return self.order.exact(known) | self.order.fixed

    def reorders(self, combinations: Combinations) -> bool:
        return not bool(self.in_natural_order(combinations.codes[:1] >= 0).all())

    def sample_reordered(
        self, given: Tensor, uniform: Tensor, choice: Tensor
    ) -> tuple[Tensor, float, float]:
        return draw_in_natural_order(self.network, self.likelihood, given, uniform, choice)

    def sample_masked(self, masks: Masks, uniform: Tensor, choice: Tensor) -> tuple[Tensor, float]:
        return draw_masked(self.network, self.likelihood, masks, uniform, choice)

    def direct(self, known: Tensor) -> bool:
        """Known variables must stand first in the order; pixels may be known without the class."""
        if not self.order.fixed:
            return True
        return bool(self.order.exact(known[:, len(self.spec.variables) :]).all())

    @torch.no_grad()
    def complete(
        self, given: Tensor, uniform: Tensor, resampling: Tensor, allowed: Allowed = None
    ) -> tuple[Tensor, Tensor]:
        """[N, V] codes drawn given known ones that stand after unknown ones, by particles.

        Args and results as in `models.importance.complete`. Where any columns may come first, they
        are drawn so, and the natural order, which is learnt best, says how much each counts.
        """
        if not self.order.fixed:
            asked = given, uniform, resampling, allowed
            return complete_in_natural_order(self.network, self.likelihood, *asked)
        return complete(self.network, self.likelihood, given, uniform, resampling, allowed)

    def particles(
        self, given: Tensor, uniform: Tensor, allowed: Allowed = None
    ) -> tuple[Tensor, Tensor]:
        return particles_in_natural_order(self.network, self.likelihood, given, uniform, allowed)

    def _with_class(self, given: Tensor, uniform: Tensor, allowed: Allowed) -> Tensor:
        """[B, V] codes in which images with known pixels have a class, drawn given these."""
        given = given.clone()
        for variable in range(len(self.spec.variables)):
            known = (given[:, variable + 1 :] >= 0).any(1)
            wanted = (known & (given[:, variable] < 0)).nonzero()[:, 0]
            if len(wanted):
                chances = self.conditional(given[wanted], variable).log()
                chances = only(chances, allowed, variable)
                one = self.likelihood.of(variable)
                given[wanted, variable] = one.sample(chances, uniform[wanted, variable])
        return given

    @torch.no_grad()
    def initialise(self, codes: Tensor) -> None:
        """Start the output biases at the log marginals, and find the rows of each value."""
        start_at_marginals(self.network, self.likelihood, self.spec, codes)
        if not self.order.fixed and self.any_order * self.rare:
            self._rare_rows = RareRows(self.spec, codes)

    @torch.no_grad()
    def calibrate(self, training: Tensor, validation: Tensor, passes: int = 2) -> None:
        """Move the output biases until every marginal is met on the training rows.

        At a maximum of the likelihood the expected count of each code, summed over the rows, equals
        its count; a network that was stopped early is not quite there. One pass moves each bias by
        the log of the ratio (iterative scaling, Darroch and Ratcliff 1972).

        Args:
            training, validation: [N, V]; of both together, where there are more than
                `calibration_rows`, evenly spread ones.
            passes: how often.
        """
        if not self.calibration:
            return
        codes = evenly(torch.cat([training, validation]), self.calibration_rows).long()
        counts = code_counts(self.spec, codes)
        for _ in range(passes):
            expected = [torch.zeros_like(count) for count in counts]
            for part in codes.split(self.spec.rows_at_once):
                logits = self.network(part, self.order.natural(part))
                for total, logit, code in zip(expected, logits, part.T, strict=True):
                    total += logit.softmax(-1)[code >= 0].sum(0)
            for variable, (count, total) in enumerate(zip(counts, expected, strict=True)):
                shift = ((count + 0.5) / (total + 0.5)).log()
                self.network.shift_bias(variable, shift.clamp(-1, 1))

    @classmethod
    def options(cls, rows: int, spec: Spec) -> Options:
        return autoregressive_options(rows, spec)

    @classmethod
    def course(cls, rows: int, spec: Spec) -> Course:
        return autoregressive_course(rows, spec)
