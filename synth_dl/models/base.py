"""The contract of a model: codes in, codes out; it knows nothing of columns or pictures."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.building import OWN_CLASSES
from synth_dl.errors import ConfigError
from synth_dl.likelihoods.inversion import Banned
from synth_dl.models import processes
from synth_dl.models.checkpoints import description, model_of
from synth_dl.models.defaults import Course, Options
from synth_dl.noise import generator_for
from synth_dl.spec import Spec


class GenerativeModel(pl.LightningModule):
    """What every family offers.

    Attributes:
        spec: what one record is.
        latent: latent variables of a record; 0 where a family has none.
        members: networks that share a batch, see `networks.members`.
        steps: of the whole run, one for each batch; schedules depend on it. A plan sets it before
            the training; else it is taken from the trainer.
        likelihood_kind: whether `log_prob` is exact, a lower bound, or not there.
        integrates: whether `log_prob` of partly known records is that of the known part alone.
        architectures: by the kind of data, the class of the network that is taken unless told.
        groups: the `_target_` entries that the model was made of, where they are known.
        needs: by config group, a method that the part must have, and the choices that have it.
        ended: whether the family itself ended the training before its last step.
        monitor: what is logged in validation, lower is better; the best round's weights are kept.
        stops_early: whether a run ends once `monitor` does not fall any more.
        averaging: weight of the past in the moving average of the weights.
        precise: whether it is trained in float32 where the processor would be faster with less.
        calibration: whether `calibrate` looks at records.
        calibration_rows: records that it looks at, at most.
        closing: share of the training time that `calibrate` takes besides.
        facts: about the training, for the card; by name.
        seed: all noise of training follows from it and from the step.
    """

    spec: Spec
    latent: int = 0
    members: int = 1
    steps: int = 0
    likelihood_kind: Literal["exact", "bound"] | None = "exact"
    integrates: bool = False
    architectures: Mapping[str, str] = {}
    groups: Mapping[str, Any] | None = None
    needs: Mapping[str, tuple[str, str]] = {}
    ended: bool = False
    monitor: str = "nats/validation"
    stops_early: bool = True
    averaging: float = 0.99
    precise: bool = False
    calibration: bool = False
    calibration_rows: int = 50_000
    closing: float = 0.0
    seed: int = 0
    _unplanned: bool = False

    @abstractmethod
    def sample(self, given: Tensor, uniform: Tensor, banned: Banned = None) -> Tensor:
        """[B, V] codes without any -1, drawn from the model given the known ones.

        Args:
            given: [B, V] codes; -1 is unknown and drawn. Known ones come back as they are.
            uniform: [B, noise_size] draws from [0, 1), all the noise there is.
            banned: for some variables, a code that must not be drawn.
        """

    @abstractmethod
    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, P] nats of the parts of a record that a family tells apart; their sum is log p.

        Unknown codes add 0.

        Args:
            codes: [B, V]; -1 is unknown.
            given: [B, V] variables that stand first in the order; None for the natural order.

        Raises:
            ConfigError: by a family that has no likelihood.
        """

    @abstractmethod
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """[B, levels] probabilities of one variable given all known codes [B, V]; -1 is unknown.

        Raises:
            ConfigError: by a family that has none.
        """

    def direct(self, known: Tensor) -> bool:
        """Whether `sample` may be asked for records with these variables [B, V] known.

        Where it may not, `complete` draws by importance resampling.

        Raises:
            ConfigError: where a family can do neither.
        """
        return True

    def complete(
        self, given: Tensor, uniform: Tensor, resampling: Tensor, banned: Banned = None
    ) -> tuple[Tensor, Tensor]:
        """[N, V] codes given the known ones by importance resampling, and [N] effective sizes.

        For families whose `direct` says no; the others are never asked.

        Args:
            given: [N, V] codes, -1 where unknown.
            uniform: [N, K, noise_size] draws from [0, 1) for K particles of each record.
            resampling: [N, V + 1] draws from [0, 1) for choosing among particles.
            banned: for some variables, a code that must not be drawn.
        """
        raise TypeError(f"{type(self).__name__} draws given anything directly; ask sample")

    @property
    def noise_size(self) -> int:
        """Uniform draws that one record takes."""
        return len(self.spec)

    @classmethod
    def check_part(cls, group: str, part: type) -> None:
        """Refuse a network or a likelihood that the family cannot use, before it is built.

        Raises:
            ConfigError: naming what it can use.
        """
        ability, choices = cls.needs[group]
        if not hasattr(part, ability):
            raise ConfigError(
                f"{group} {part.__name__} does not go with model={cls.__name__.lower()}: take "
                f"{group}={choices}, or leave {group}= out"
            )

    @classmethod
    def for_data(
        cls,
        data: Any,
        *,
        network: Mapping[str, Any] | None = None,
        likelihood: Mapping[str, Any] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> Self:
        """A model of the size that fits some data, with its first weights.

        Args:
            data: a data module such as `TableData`; it is set up if it is not yet.
            network: options of the network, and its `_target_` if not the usual one of the family.
            likelihood: the same of the likelihood.
            seed: of the first weights and of the training noise; that of the data if None.
            options: of the model, as its config has them.

        Raises:
            ConfigError: for an option that the family does not have, or out of range.
        """
        data.setup("fit")
        groups = {
            "model": {"_target_": f"{cls.__module__}.{cls.__qualname__}", **options},
            "network": {"_target_": cls.architectures.get(data.kind), **(network or {})},
            "likelihood": {"_target_": None, **(likelihood or {})},
        }
        classes = OWN_CLASSES.also([cls.__module__])
        chosen = data.seed if seed is None else seed
        return classes.new_model(groups, len(data.training), data.spec, chosen, left_out=True)

    @classmethod
    @abstractmethod
    def options(cls, rows: int, spec: Spec) -> Options:
        """Values for options that a config leaves open (null), by the number of training rows."""

    @classmethod
    @abstractmethod
    def course(cls, rows: int, spec: Spec) -> Course:
        """The default length of a training."""

    @abstractmethod
    def figures(self, codes: Tensor, batch_index: int) -> dict[str, Tensor]:
        """What is watched of a batch [B, V] that is not learnt from, by name; `monitor` first."""

    def validation_step(self, codes: Tensor, batch_index: int) -> None:
        """Log the figures as `…/validation`."""
        self._log_figures(codes, batch_index, "validation")

    def test_step(self, codes: Tensor, batch_index: int) -> None:
        """Log the figures as `…/test`, such as nats a record."""
        self._log_figures(codes, batch_index, "test")

    def _log_figures(self, codes: Tensor, batch_index: int, stage: str) -> None:
        codes = self.codes_of(codes)
        for name, value in self.figures(codes, batch_index).items():
            shown = self.monitor.startswith(f"{name}/")
            self.log(f"{name}/{stage}", value, prog_bar=shown, on_epoch=True, batch_size=len(codes))

    def codes_of(self, batch: Any) -> Tensor:
        """The codes [B, V] of a batch, also where a loader wraps them in a list.

        Raises:
            ConfigError: if a batch holds no codes of the model's records.
        """
        codes = batch[0] if isinstance(batch, list | tuple) and len(batch) == 1 else batch
        if not isinstance(codes, Tensor) or codes.ndim != 2 or codes.shape[1] != len(self.spec):
            raise ConfigError(
                f"a batch holds no codes [B, {len(self.spec)}] of the model's records; take those "
                "of a data module such as TableData"
            )
        return codes.long()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint |= description(self)

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]
        cls, checkpoint_path: Any, map_location: Any = None, strict: bool = True, **options: Any
    ) -> Self:
        """A model as a checkpoint of a trainer has it; see `model_of` for the arguments.

        Raises:
            ConfigError: for a file that is no checkpoint of such a model.
        """
        classes = OWN_CLASSES.also([cls.__module__])
        model = model_of(checkpoint_path, classes, map_location, strict, options)
        if not isinstance(model, cls):
            name = type(model).__name__
            raise ConfigError(f"{checkpoint_path}: this is of {name}; load it as one of these")
        return model

    def on_fit_start(self) -> None:
        """Where no plan was made, take the steps from the trainer and look at the records.

        Raises:
            ConfigError: for a trainer without an end.
        """
        if self.steps and not self._unplanned:
            return
        trainer = self.trainer
        updates = trainer.estimated_stepping_batches
        if not math.isfinite(updates):
            raise ConfigError(
                "the learning rate follows the number of steps; give the trainer max_epochs or "
                "max_steps"
            )
        self.steps = max(1, int(updates) * trainer.accumulate_grad_batches)
        if not self._unplanned:
            trainer.fit_loop.setup_data()
            self.initialise(self._seen(trainer.train_dataloader))
        self._unplanned = True

    def on_fit_end(self) -> None:
        """Where no plan was made, the last touch too, which a plan gives to the best weights."""
        if self._unplanned:
            self.eval()
            watched = self.trainer.val_dataloaders or self.trainer.train_dataloader
            self.calibrate(self._seen(self.trainer.train_dataloader), self._seen(watched))

    def _seen(self, batches: Any) -> Tensor:
        """[N, V] codes that a loader gives, enough for a look at them."""
        found: list[Tensor] = []
        for batch in batches:
            found.append(self.codes_of(batch).cpu())
            if sum(map(len, found)) >= self.calibration_rows:
                break
        return torch.cat(found)

    @property
    def done(self) -> int:
        """Steps trained so far. Lightning's `global_step` counts each optimiser of a step."""
        if self._trainer is None:
            return 0
        return self._trainer.fit_loop.epoch_loop.batch_progress.total.completed

    def noise_of_step(self, device: Any) -> torch.Generator:
        """Of the training noise of the present step, another one in each process."""
        place = (self.done, processes.rank()) if processes.rank() else (self.done,)
        return generator_for(self.seed, *place, device=device)

    def learn(self, codes: Tensor, optimizers: Sequence[Any]) -> None:
        """One step of training on a batch [B, V], outside of a trainer."""
        loss: Any = self.training_step(codes, 0)
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()

    def improves(self, figure: float, best: float) -> bool:
        """Whether a round's weights are kept, by its `monitor` and the best one before it."""
        return figure < best

    def calibrate(self, training: Tensor, validation: Tensor) -> None:
        """Last touch on the codes [N, V] after training; nothing by default."""

    @torch.no_grad()
    def initialise(self, codes: Tensor) -> None:
        """First touch on the training codes [N, V] before training; nothing by default."""

    @property
    def facts(self) -> dict[str, Any]:
        """What is worth knowing of a training besides its figures."""
        return {}
