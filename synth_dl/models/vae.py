"""The variational autoencoder: a record's codes all at once, given a few latent variables.

log p(x) >= E_q(z|x)[log p(x|z)] - KL(q(z|x) || p(z)) (arXiv:1312.6114, equation 3). The variables
are independent given z, and drawn, never averaged. The encoder also learns to read records of which
only a part is known, which gives a bound for that part and a proposal for the rest.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from synth_dl.errors.options import Limit, Positive, Share, ShareBelow, Size, Weight, checked
from synth_dl.likelihoods.inversion import Allowed, only
from synth_dl.likelihoods.relaxed import Relaxed
from synth_dl.models.class_first import ClassFirst
from synth_dl.models.defaults import Course, Options, vae_course, vae_options
from synth_dl.models.importance import choose_one, effective_sample_size, weighted_bound
from synth_dl.models.latent_shares import shares_by_latents
from synth_dl.models.marginals import code_counts, start_at_marginals
from synth_dl.models.rare import RareRows
from synth_dl.models.schedule import Schedule, Scheduled
from synth_dl.models.subsets import evenly, random_known
from synth_dl.models.weighing import class_shares, own_noise, posteriors, shared_noise, weigh
from synth_dl.networks.parameters import Parameters
from synth_dl.noise import generator_for
from synth_dl.priors.aggregate import Aggregate
from synth_dl.priors.choice import PriorChoice
from synth_dl.priors.normal import kl_per_dimension, log_normal
from synth_dl.spec import Spec

logger = logging.getLogger(__name__)

LOG_SCALES = (-7.0, 2.0)
IMPORTANCE = 64  # samples for a likelihood, unless told otherwise
ACTIVE_VARIANCE = 0.01  # of the posterior means, arXiv:1509.00519, section 5
VALIDATION_SEED, PRIOR_SEED = 20_000_003, 20_000_017
MARGINALS_SEED, PASSES = 20_000_051, 3


class VAE(Scheduled):
    """A latent variable, an encoder, a decoder and a prior.

    Args:
        network: architecture of encoder and decoder.
        likelihood: turns the decoder's outputs into log-probabilities and draws.
        latent: latent variables of a record.
        prior: `normal`, `mixture`, `vamp`, `flow`, or `auto` for the best on validation data.
        learning_rate: peak of the one-cycle schedule.
        weight_decay: of AdamW.
        kl_warmup: share of the steps in which the weight of the KL term rises to 1.
        free_bits: times `latent`, nats of a record that cost nothing.
        class_first: whether the class of an image is drawn by its share before all else, and
            given to encoder and decoder.
        partial: share of each batch of which the encoder sees a random part only, and the class.
        rare: share of each batch that is exchanged for records with rare values.
        warmup: share of the steps in which the learning rate rises.
        final: learning rate at the end, as a share of the peak.
        clip: largest norm of the gradient.
    """

    architectures = {  # noqa: RUF012
        "table": "synth_dl.networks.dense.Dense",
        "images": "synth_dl.networks.convolutional.Convolutional",
    }
    needs = {  # noqa: RUF012
        "network": ("writer", "dense or network=convolutional"),
        "likelihood": ("nats", "categorical"),
    }
    likelihood_kind = "bound"
    most_combinations = 2**12  # each is weighed by many draws
    integrates = True
    calibration = True
    closing = 0.4

    @checked("model")
    def __init__(
        self,
        network: Any,
        likelihood: Any,
        latent: Size = 24,
        prior: Literal["auto", "normal", "mixture", "vamp", "flow"] = "auto",
        learning_rate: Positive = 2e-3,
        weight_decay: Weight = 0.01,
        kl_warmup: Share = 0.1,
        free_bits: Weight = 0.0,
        class_first: bool = False,
        partial: Share = 0.2,
        rare: Share = 0.1,
        warmup: ShareBelow = 0.05,
        final: Share = 0.01,
        clip: Limit = 5.0,
    ) -> None:
        super().__init__()
        self.schedule = Schedule(learning_rate, warmup, final, weight_decay, clip)
        self.likelihood, self.spec = likelihood, likelihood.spec
        self.latent = latent
        self.relaxed = Relaxed(self.spec)
        self.parameters_of = Parameters(self.spec, likelihood.outputs)
        self.encoder = network.reader(self.relaxed.seen_layout, 2 * latent)
        self.leading = ClassFirst(self.spec, class_first)  # artifacts have its shares by this name
        self.decoder = network.writer(latent + self.leading.levels, self.parameters_of.layout)
        self.prior = PriorChoice(latent, prior)
        self.kl_warmup, self.free_bits, self.partial = kl_warmup, free_bits, partial
        self.rare = rare
        self._rare_rows: RareRows | None = None

    def training_step(self, codes: Tensor, batch_index: int) -> Tensor:
        codes = self.codes_of(codes)
        generator = self.noise_of_step(codes.device)
        part = round(self.partial * len(codes))
        known = random_known(self.spec, part, generator) if part else codes[:0] >= 0
        exchanged = round(self.rare * len(codes)) if self._rare_rows is not None else 0
        if exchanged and self._rare_rows is not None:
            # Half of them are seen in part, and by what they were chosen by.
            first = max(0, part - exchanged // 2)
            rows, chosen = self._rare_rows.draw(exchanged, generator)
            codes = torch.cat([codes[:first], rows.to(codes), codes[first + exchanged :]])
            known[first:] |= chosen[: part - first].to(codes.device)
        known[:, : self.leading.count] = True
        seen = torch.cat([torch.where(known, codes[:part], -1), codes[part:]])
        means, log_scales = self.encode(self.relaxed.seen(seen), generator)
        noise = torch.randn(means.shape, generator=generator, device=codes.device)
        z = means + log_scales.exp() * noise
        nats = self.nats(self.decode(z, self.leading.one_hot(codes), generator), seen)
        rate = self._rate(means, log_scales, z)
        weight = min(1.0, self.done / max(1.0, self.kl_warmup * self.steps))
        self.log("nats/train", (rate - nats).mean().detach())
        self.log("learning_rate", self.schedule.rate(self.done, self.steps))
        return -nats.mean() + weight * rate.mean().clamp(min=self.free_bits * self.latent)

    def figures(self, codes: Tensor, batch_index: int) -> dict[str, Tensor]:
        """The bound with one draw, its two parts, and how many latent dimensions are in use."""
        means, log_scales = self.encode(self.relaxed.seen(codes))
        generator = generator_for(VALIDATION_SEED, batch_index)
        z = means + log_scales.exp() * torch.randn(means.shape, generator=generator).to(means)
        distortion = -self.nats(self.decode(z, self.leading.one_hot(codes)), codes)
        rate = self._rate(means, log_scales, z).mean()
        active = (means.var(0) > ACTIVE_VARIANCE).sum() if len(means) > 1 else torch.zeros(())
        nats = distortion.mean()
        return {
            "nats": nats + rate,
            "rate": rate,
            "distortion": nats,
            "active_units": active.float(),
        }

    def encode(
        self, seen: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Means and log scales [B, L] of the posterior."""
        means, log_scales = self.encoder(seen, generator).float().chunk(2, 1)
        # Narrow at first, or the noise would hide from the decoder what the means say.
        return means, (log_scales - 2).clamp(*LOG_SCALES)

    def decode(
        self, z: Tensor, classes: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """[B, F] outputs of the decoder for z [B, L] and one-hot classes [B, levels]."""
        return self.decoder(torch.cat([z, classes], 1), generator)

    def nats(self, vectors: Tensor, codes: Tensor) -> Tensor:
        """[B] log p(codes | z) in nats by [B, F] of the decoder; unknown codes add nothing."""
        parameters = self.parameters_of.given(self.parameters_of(vectors), codes)
        nats = self.likelihood.log_prob(parameters, codes)[:, self.leading.count :]
        return nats.sum(1) + self.leading.nats(codes).sum(1)

    def _rate(self, means: Tensor, log_scales: Tensor, z: Tensor) -> Tensor:
        """[B] nats from the prior to the posterior: in closed form, or by the draws z [B, L]."""
        prior = self.prior.learnt_with_the_encoder
        if prior is None:
            return kl_per_dimension(means, log_scales).sum(1)
        return log_normal(z, means, log_scales).sum(1) - prior.log_prob(z)

    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, 1] nats, a lower bound by importance sampling; see `bound`."""
        return self.bound(codes)[0][:, None]

    @torch.no_grad()
    def bound(self, codes: Tensor, importance: int = IMPORTANCE) -> tuple[Tensor, Tensor]:
        """[B] importance-weighted bounds in nats, and their standard errors.

        A bound rises with the number of draws, to log p(x). All records share their noise, so that
        a figure depends on the record alone.

        Args:
            codes: [B, V], -1 where unknown.
            importance: draws of z, see `weighing`.
        """
        return weighted_bound(weigh(self, codes, shared_noise(self, importance)).weights)

    @torch.no_grad()
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """Of a class that is drawn first by Bayes' rule over the bounds of all classes.

        Of anything else the mean of the decoder's shares over weighted draws given the known codes.
        """
        if not len(codes):
            return torch.zeros(0, self.spec.levels[variable], device=codes.device)
        if variable < self.leading.count:
            return class_shares(self, codes, IMPORTANCE // 4)
        draws = weigh(self, codes, shared_noise(self, IMPORTANCE))
        size = max(1, self.spec.rows_at_once // IMPORTANCE)
        parts = (each.split(size) for each in (draws.z, draws.weights, draws.classes, codes))
        return torch.cat([self._shares(variable, *part) for part in zip(*parts, strict=True)])

    @torch.no_grad()
    def conditionals(self, variables: Sequence[int]) -> Callable[[Tensor, int], Tensor]:
        return shares_by_latents(self, variables)

    def _shares(
        self, variable: int, z: Tensor, weights: Tensor, classes: Tensor, codes: Tensor
    ) -> Tensor:
        """[B, levels] of one variable of records [B, V], averaged over draws as in `Draws`."""
        records, draws = weights.shape
        rest = codes[:, None, self.leading.count :].expand(-1, draws, -1)
        held = torch.cat([classes, rest], 2).flatten(0, 1)
        parameters = self.parameters_of(self.decode(z.flatten(0, 1), self.leading.one_hot(held)))
        pixel = variable - len(self.spec.variables)
        if pixel < 0:
            logits = self.parameters_of.refine(variable, parameters[variable], held)
        else:
            logits = parameters[-1][:, pixel]
        shares = self.likelihood.of(variable).shares(logits).view(records, draws, -1)
        return (shares * weights.softmax(1)[..., None]).sum(1).float()

    @property
    def noise_size(self) -> int:
        return self.prior.noise + len(self.spec)

    def direct(self, known: Tensor) -> bool:
        return not bool(known[:, self.leading.count :].any())

    @torch.no_grad()
    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Draws from the prior, then from the decoder; only a class drawn first may be known."""
        if not self.direct(given >= 0):
            raise ValueError("known codes are for complete")
        noise, uniform = self._noise_and_draws(uniform)
        codes = self.leading.drawn(given, uniform[:, 0], allowed)
        vectors = self.decode(self.prior.sample(noise), self.leading.one_hot(codes))
        return self.draw(self.parameters_of(vectors), codes, uniform, allowed)

    @torch.no_grad()
    def complete(
        self, given: Tensor, uniform: Tensor, resampling: Tensor, allowed: Allowed = None
    ) -> tuple[Tensor, Tensor]:
        """Draws of z given the known codes, one chosen by its weight.

        This is exact for many particles, see `weighing`.
        """
        noise, uniform = self._noise_and_draws(uniform)
        draws = weigh(self, given, own_noise(self, noise, uniform[..., 0]), allowed)
        z, classes = choose_one(draws.weights, resampling[:, -1], draws.z, draws.classes)
        codes = torch.cat([classes, given[:, self.leading.count :]], 1)
        parameters = self.parameters_of(self.decode(z, self.leading.one_hot(codes)))
        codes = self.draw(parameters, codes, uniform[:, 0], allowed)
        return codes, effective_sample_size(draws.weights.double())

    def _noise_and_draws(self, uniform: Tensor) -> tuple[Tensor, Tensor]:
        """What the prior takes of [..., noise_size] uniform draws, and [..., V] for the codes."""
        first = self.prior.noise
        return uniform[..., :first], uniform[..., first:]

    def draw(
        self, parameters: list[Tensor], given: Tensor, uniform: Tensor, allowed: Allowed = None
    ) -> Tensor:
        """[B, V] codes; the known ones stay."""
        codes, first_pixel = given.clone(), len(self.spec.variables)
        for variable, each in enumerate(parameters[:first_pixel]):
            logits = only(self.parameters_of.refine(variable, each, codes), allowed, variable)
            drawn = self.likelihood.of(variable).sample(logits, uniform[:, variable])
            codes[:, variable] = torch.where(given[:, variable] < 0, drawn, codes[:, variable])
        if self.spec.grid is not None:
            pixels = given[:, first_pixel:]
            drawn = self.likelihood.sample(parameters[-1], uniform[:, first_pixel:])
            codes[:, first_pixel:] = torch.where(pixels < 0, drawn, pixels)
        return codes

    @torch.no_grad()
    def initialise(self, codes: Tensor) -> None:
        """Start the biases at the log marginals."""
        self.leading.fit(codes)
        start_at_marginals(self.parameters_of, self.likelihood, self.spec, codes)
        rows = RareRows(self.spec, codes)
        self._rare_rows = rows if self.rare and len(rows) else None

    @torch.no_grad()
    def calibrate(self, training: Tensor, validation: Tensor) -> None:
        """Fit the priors to the aggregate posterior of the training records, and choose one.

        The one with the highest bound on the validation records is taken.
        """
        training = evenly(training, self.calibration_rows)
        seeds = [(PRIOR_SEED,), *((self.seed, PRIOR_SEED, index) for index in range(4))]
        generators = [generator_for(*each) for each in seeds]
        # Weights that change inside a block of autocast would be read from its cache.
        with torch.autocast(self.device.type, enabled=False):
            if self._rare_rows is not None:
                self._meet_marginals(training.long())
            posterior = self._aggregate(training)
            self.prior.fit(posterior, self._aggregate(validation), generators, self.steps)
        if not (posterior.means.var(0) > ACTIVE_VARIANCE).any():
            logger.warning(
                "the posterior collapsed: no latent dimension is in use, and the samples are those "
                "of independent variables; train longer, or with model.free_bits=0.3"
            )

    def _meet_marginals(self, codes: Tensor) -> None:
        """Move the biases until rare values are as frequent as in the training records [N, V].

        They were seen more often; where z tells nothing else, the shares differ by a factor alone.
        """
        counts = code_counts(self.spec, codes)[: len(self.spec.variables)]
        for index in range(PASSES):
            generator = generator_for(MARGINALS_SEED, index)
            expected = [torch.zeros_like(count) for count in counts]
            for part in codes.split(self.spec.rows_at_once):
                means, log_scales = self.encode(self.relaxed.seen(part))
                z = means + log_scales.exp() * torch.randn(means.shape, generator=generator).to(
                    means
                )
                vectors = self.decode(z, self.leading.one_hot(part))
                parameters = self.parameters_of.given(self.parameters_of(vectors), part)
                for total, each, code in zip(expected, parameters, part.T, strict=False):
                    total += each.softmax(-1)[code >= 0].sum(0)
            for variable, (count, total) in enumerate(zip(counts, expected, strict=True)):
                shift = ((count + 0.5) / (total + 0.5)).log()
                self.parameters_of.shift_bias(variable, shift.clamp(-2, 2))

    @property
    def facts(self) -> dict[str, Any]:
        return self.prior.facts()

    def _aggregate(self, codes: Tensor) -> Aggregate:
        means, log_scales = posteriors(self, codes)
        return Aggregate(means, log_scales, self.encode, self.relaxed.seen_layout.size)

    @classmethod
    def options(cls, rows: int, spec: Spec) -> Options:
        return vae_options(rows, spec)

    @classmethod
    def course(cls, rows: int, spec: Spec) -> Course:
        return vae_course(rows, spec)
