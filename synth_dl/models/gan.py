"""The generative adversarial network: a generator against a discriminator.

Records are vectors of real numbers here (see `likelihoods.relaxed`). A part of each training record
may be given: the generator then makes the rest, the discriminator compares both with the same part
given, and so any column can be a condition. The generator's weights that are kept are a moving
average. There are no statistics of batches anywhere, so a record depends on its own noise alone.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Literal

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Positive, Share, ShareBelow, Size, Weight, checked
from synth_dl.likelihoods.inversion import Allowed
from synth_dl.likelihoods.relaxed import Relaxed
from synth_dl.models import processes
from synth_dl.models.adversarial import (
    LOSSES,
    energy_distance,
    squared_gradient,
    unit_gradient_penalty,
)
from synth_dl.models.allowed import Masks
from synth_dl.models.augmenting import augment
from synth_dl.models.class_first import ClassFirst
from synth_dl.models.combinations import Combinations, combinations, combinations_by_draws
from synth_dl.models.conditioning import Conditioning, Pair
from synth_dl.models.defaults import Course, Options, gan_course, gan_options
from synth_dl.models.divergence import Divergence
from synth_dl.models.gradient import GradientModel
from synth_dl.models.marginals import Marginals
from synth_dl.models.schedule import Schedule
from synth_dl.models.subsets import evenly
from synth_dl.noise import generator_for
from synth_dl.priors.normal import normal_score
from synth_dl.spec import Layout, Spec

VALIDATION_SEED, CALIBRATION_SEED = 20_000_029, 20_000_033
CALIBRATED = 20_000  # generated records that calibration looks at
WORSE = 2.0  # times the least energy distance so far, from which on a round is a bad one
NOISE = 0.02  # of the energy distance, by sampling
LEARNT_BY_HEART = 60  # passes after which a discriminator knows the training images
RISE = 75  # steps that the learning rate of a table with ranks rises for at least
ROWS_AT_ONCE = 4096


class GAN(GradientModel):
    """A generator and a discriminator.

    Args:
        network: architecture of both.
        likelihood: codes as vectors, and back.
        noise: random numbers that a record is made of, besides the draws of its categories.
        loss: `relativistic` (with R1 and R2), `wasserstein` (with a gradient penalty) or
            `non_saturating` (with R1 and R2).
        gamma: weight of the gradient penalty.
        conditions: names of the columns that may be given, `all` or `none`.
        class_first: whether the class of an image is drawn by its share before all else, and given
            to both networks.
        given_share: share of each batch in which a random part of these is given.
        rare: share of each batch that is chosen by rare categories, and given them.
        augmentation: whether images are shifted and cut before the discriminator sees them.
        learning_rate: peak, of both networks.
        warmup: share of the steps in which the learning rate rises.
        final: learning rate at the end, as a share of the peak.
    """

    likelihood_kind = None
    monitor = "energy/validation"
    stops_early = False
    averaging = 0.995
    precise = True
    architectures = {  # noqa: RUF012
        "table": "synth_dl.networks.dense.Dense",
        "images": "synth_dl.networks.dense.Dense",
    }
    needs = {  # noqa: RUF012
        "network": ("writer", "dense or network=convolutional"),
        "likelihood": ("relax", "relaxed"),
    }

    @checked("model")
    def __init__(
        self,
        network: Any,
        likelihood: Any,
        noise: Size = 64,
        loss: Literal["relativistic", "wasserstein", "non_saturating"] = "relativistic",
        gamma: Weight = 1.0,
        conditions: Any = "all",
        class_first: bool = False,
        given_share: Share = 0.5,
        rare: Share = 0.1,
        augmentation: bool = False,
        learning_rate: Positive = 1e-3,
        warmup: ShareBelow = 0.02,
        final: Share = 0.05,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.schedule = Schedule(learning_rate, warmup, final)
        self.relaxed: Relaxed = likelihood
        self.spec = likelihood.spec
        if augmentation and self.spec.grid is None:
            raise ConfigError("model.augmentation is for images; leave it out for a table")
        self.noise, self.loss, self.gamma = noise, loss, gamma
        self.given_share, self.rare, self.augmentation = given_share, rare, augmentation
        leading = ClassFirst(self.spec, class_first)
        self.conditioning = Conditioning(self.relaxed, conditions, leading)
        self.generator = network.writer(noise + self.conditioning.size, self.relaxed.layout)
        read = self.relaxed.lifted_layout
        judged = Layout(read.flat + len(self.relaxed.blocks), read.planes, read.height, read.width)
        self.discriminator = network.reader(judged, 1)
        self.marginals = Marginals(self.relaxed)
        # A class that is drawn by its share has its marginal; pixels are not corrected.
        self.calibration = len(self.relaxed.blocks) > leading.count
        self.divergence, self._records = Divergence(), 1

    def training_step(self, codes: Tensor, batch_index: int) -> None:
        optimizers: Any = self.optimizers()
        self.learn(self.codes_of(codes), optimizers)

    def learn(self, codes: Tensor, optimizers: Sequence[Any]) -> None:
        """One step of the discriminator and one of the generator on a batch [B, V]."""
        generator = self.noise_of_step(codes.device)
        pair = self.conditioning.pair(codes, self.given_share, self.rare, generator)
        logs: dict[str, Tensor] = {}
        rate = self._rate()
        turns = (
            (optimizers[0], self.generator, self._discriminator_loss),
            (optimizers[1], self.discriminator, self._generator_loss),
        )
        for optimizer, other, loss_of in turns:
            other.requires_grad_(False)
            loss = loss_of(pair, generator, logs)
            finite = bool(processes.mean_of(loss).isfinite())
            if finite:
                optimizer.zero_grad()
                loss.backward()
                for group in optimizer.param_groups:
                    processes.average_gradients(group["params"])
                    group["lr"] = rate
                optimizer.step()
            other.requires_grad_(True)
            if not finite:
                self.divergence.happened(self.done, "its losses became infinite")
                break
        else:
            accuracy = float(processes.mean_of(logs["accuracy/discriminator"]))
            self.divergence.watch(accuracy, self.done, self.steps)
            self.log_dict({**logs, "learning_rate": rate})
        if self.divergence.at is not None:
            self.ended = True
            if self._trainer is not None:
                self._trainer.should_stop = True

    def _rate(self) -> float:
        """The learning rate of a step.

        Ranks that one of the first steps threw to an end would have no gradient to come back by.
        """
        least = RISE / max(1, self.steps) if self.relaxed.ranked else 0.0
        warmup = min(0.5, max(self.schedule.warmup, least))
        return replace(self.schedule, warmup=warmup).rate(self.done, self.steps)

    def _discriminator_loss(
        self, pair: Pair, generator: torch.Generator, logs: dict[str, Tensor]
    ) -> Tensor:
        def score(records: Tensor) -> Tensor:
            return self._score(records, pair, generator)

        with torch.no_grad():
            fake = self._make(pair, generator)
        real, fake = (each.detach().requires_grad_(True) for each in (pair.real, fake))
        of_real, of_fake = score(real), score(fake)
        loss = LOSSES[self.loss].discriminator(of_real, of_fake)
        if self.loss == "wasserstein":
            penalty = unit_gradient_penalty(score, real, fake, pair.given, generator)
        else:
            slopes = [
                squared_gradient(scores, records, pair.given)
                for scores, records in ((of_real, real), (of_fake, fake))
            ]
            penalty = torch.cat(slopes).mean()
        logs["loss/discriminator"] = loss.detach()
        logs["penalty/discriminator"] = penalty.detach()
        right = (of_real > of_fake) & pair.made
        logs["accuracy/discriminator"] = right.sum() / pair.made.sum().clamp(min=1)
        return loss + self.gamma * penalty

    def _generator_loss(
        self, pair: Pair, generator: torch.Generator, logs: dict[str, Tensor]
    ) -> Tensor:
        fake = self._make(pair, generator)
        of_fake = self._score(fake, pair, generator)
        loss_of = LOSSES[self.loss]
        of_real = self._score(pair.real, pair, generator) if loss_of.pairs else of_fake
        loss = loss_of.generator(of_real, of_fake)
        logs["loss/generator"] = loss.detach()
        return loss

    def _make(self, pair: Pair, generator: torch.Generator) -> Tensor:
        """[B, F] generated vectors, with the given parts of the real ones in place."""
        device, size = pair.real.device, len(pair.real)
        noise = torch.randn(size, self.noise, generator=generator, device=device)
        uniform = torch.rand(size, len(self.relaxed.blocks), generator=generator, device=device)
        fake = self._generate(noise, pair.condition, uniform)
        pixels = fake.shape[1] - self.relaxed.flat
        inside = torch.rand(size, pixels, generator=generator, device=device)
        fake = torch.where(pair.given, pair.real, self.relaxed.dither(fake, inside))
        return torch.where(pair.hidden, 0.0, fake)

    def _generate(
        self, noise: Tensor, condition: Tensor, uniform: Tensor, allowed: Allowed = None
    ) -> Tensor:
        outputs = self.generator(torch.cat([noise, condition], 1)) + self.marginals.start
        return self.relaxed.relax(outputs, uniform, allowed)

    def _score(self, vectors: Tensor, pair: Pair, generator: torch.Generator) -> Tensor:
        """[B] of the discriminator; higher is more real."""
        if self.augmentation:
            seen = self.done * len(vectors) / max(1, self._records)  # passes over the records
            share = min(1.0, seen / LEARNT_BY_HEART)
            vectors = augment(vectors, self.relaxed.layout, share, generator)
        lifted = self.conditioning.emphasised(self.relaxed.lift(vectors))
        flat = self.relaxed.lifted_layout.flat
        joined = torch.cat([lifted[:, :flat], pair.known.float(), lifted[:, flat:]], 1)
        return self.discriminator(joined)[:, 0]

    def figures(self, codes: Tensor, batch_index: int) -> dict[str, Tensor]:
        """Energy distance between generated records and validation records [B, V]."""
        generator = generator_for(VALIDATION_SEED, batch_index)
        uniform = torch.rand(len(codes), self.noise_size, generator=generator).to(codes.device)
        fake = self.sample(torch.full_like(codes, -1), uniform)
        parts = [self.relaxed.features(each) for each in (codes, fake)]
        return {"energy": energy_distance(*parts)}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["divergence"] = asdict(self.divergence)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.divergence = Divergence(**checkpoint.get("divergence", {}))
        self.ended = self.divergence.at is not None

    def improves(self, figure: float, best: float) -> bool:
        """The last round is kept unless it is far worse: the distance is blind to fine detail."""
        return self.divergence.at is None and figure <= WORSE * best + NOISE

    @property
    def noise_size(self) -> int:
        return self.noise + len(self.relaxed.blocks)

    def direct(self, known: Tensor) -> bool:
        self.conditioning.check(known)
        return True

    @torch.no_grad()
    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Generated records; given columns are conditions that the generator was trained with."""
        given = self.conditioning.with_class(given, uniform[:, self.noise :], allowed)
        vectors = self._sampled(given, uniform, allowed)
        return self.relaxed.harden(self.marginals.correct(vectors), given)

    def _sampled(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        known = self.relaxed.of_blocks(given) >= 0
        noise = normal_score(uniform[:, : self.noise])
        condition = self.conditioning.seen(given, known)
        return self._generate(noise, condition, uniform[:, self.noise :], allowed)

    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        raise ConfigError(
            "a GAN gives no likelihood; take model=autoregressive (exact) or model=vae (a bound)"
        )

    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        raise ConfigError(
            "a GAN gives no probabilities; take model=autoregressive, trees, chow_liu, mixture, "
            "copula, distributions or vae to predict"
        )

    @torch.no_grad()
    def combinations(self, masks: Masks, generator: torch.Generator) -> Combinations:
        """Of a class that is drawn first by its shares, of all else by what its draws show."""
        if list(masks) == [0] and self.conditioning.leading.count:
            shares = self.conditioning.leading.shares.expand(1, -1).cpu()
            order = self.drawing_order
            return combinations(lambda codes, variable: shares, self.spec, masks, order, generator)
        return combinations_by_draws(self, masks, generator)

    @torch.no_grad()
    def initialise(self, codes: Tensor) -> None:
        """Start categories at their shares, and find the rows of each category."""
        self.marginals.start_at(evenly(codes, self.calibration_rows))
        self.conditioning.fit(codes, rare=self.given_share > 0 and self.rare > 0)
        self._records = len(codes)

    @torch.no_grad()
    def calibrate(self, training: Tensor, validation: Tensor) -> None:
        """Move categories and ranks until all marginals are those of the training records."""
        if not self.calibration:
            return
        generator = generator_for(CALIBRATION_SEED)
        uniform = torch.rand(CALIBRATED, self.noise_size, generator=generator)

        def generated() -> Tensor:
            parts = []
            for part in uniform.split(min(ROWS_AT_ONCE, 8 * self.spec.rows_at_once)):
                nothing = torch.full((len(part), len(self.spec)), -1)
                given = self.conditioning.with_class(nothing, part[:, self.noise :])
                parts.append(self._sampled(given, part)[:, : self.relaxed.flat])
            return torch.cat(parts)

        self.marginals.fit(evenly(training, self.calibration_rows), generated)

    @property
    def facts(self) -> dict[str, Any]:
        return {} if self.divergence.at is None else {"diverged at step": self.divergence.at}

    def configure_optimizers(self) -> list[Any]:
        """Adam without momentum, as R3GAN has it; the discriminator's first."""
        return [
            torch.optim.Adam(
                each.parameters(), self.schedule.learning_rate, betas=(0.0, 0.99), fused=True
            )
            for each in (self.discriminator, self.generator)
        ]

    @classmethod
    def options(cls, rows: int, spec: Spec) -> Options:
        return gan_options(rows, spec)

    @classmethod
    def course(cls, rows: int, spec: Spec) -> Course:
        return gan_course(rows, spec)
