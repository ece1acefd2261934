"""Records of any kind as codes, split and in batches: a LightningDataModule."""

import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytorch_lightning as pl
from torch import Tensor
from torch.utils.data import DataLoader

from synth_dl.errors import ConfigError
from synth_dl.models.defaults import Course, batch_of
from synth_dl.models.mixture import Mixture
from synth_dl.noise import generator_for
from synth_dl.privacy.options import Privacy
from synth_dl.spec import Spec
from synth_dl.training.batches import Batches, Draw, Rounds
from synth_dl.training.plan import Plan
from synth_dl.training.split import MOST_VALIDATION_RECORDS, split

logger = logging.getLogger(__name__)

# Records to watch the likelihood on: enough of them, and few enough that they cost little.
FEWEST_VALIDATION_RECORDS = 200
VALIDATION_CODES = 400_000
SHARE = 0.1  # of the records for validation, where nothing else is said


@dataclass(frozen=True)
class Codes:
    """All records of a training.

    Attributes:
        training: [N, V].
        validation: [M, V], or None where a share of the training records is to be set apart.
        draw: makes the codes that a model sees from a batch [B, V] and a generator, where these
            differ from use to use; None where they do not.
    """

    training: Tensor
    validation: Tensor | None = None
    draw: Draw | None = None


@dataclass(frozen=True)
class Described:
    """A recipe of the training records.

    Attributes:
        text: the recipe, as YAML.
        draw: gives [N, V] codes of records that are drawn from it.
        pictures: by the name of a column, what draws a matplotlib figure of its fit.
    """

    text: str
    draw: Callable[[], Tensor]
    pictures: Mapping[str, Callable[[], Any]]


class RecordData(pl.LightningDataModule):
    """The data of a training; `TableData` and `ImageData` are the two kinds.

    A plain `Trainer` passes over all training records in an epoch, in an order that the seed
    decides. A run of `synth-train` sets a plan, by which an epoch of Lightning is a round.

    Args:
        validation: share of the records that is set apart to watch the training; 0.1 if None.
        batch_size: records of a step; as the family of the model takes them if None.
        seed: of the split and of the order.

    Attributes:
        kind: what the kind of data is called.
        codec: fitted on the training records; it travels with the model. Known after `read`.
        training: [N, V] codes to learn from. Known after `setup`.
        validation_codes: [M, V] codes to watch the likelihood on. Known after `setup`.
        draw: see `Codes`.
        plan: of a run; None for a plain trainer.
        privacy: a promise under which the data are learnt, or None.
        resumed: the folder of a run that goes on, where something of it is read back, or None.
        mixture: a model of the family `mixture` that the records were drawn from, or None.
        allow_synthetic: whether files are learnt from whose metadata say that they are synthetic.
        target: what an evaluation predicts, or None.
        rows: training records, those for validation left out where they are set apart beforehand.
        notes: sentences for the user about how the data were read.
    """

    kind: ClassVar[str]
    codec: Any
    training: Tensor
    validation_codes: Tensor
    draw: Draw | None
    privacy: Privacy | None = None
    resumed: Path | None = None
    mixture: Mixture | None = None
    allow_synthetic: bool = False
    target: str | None = None
    rows: int
    notes: tuple[str, ...] = ()

    def __init__(
        self, *, validation: float | None = None, batch_size: int | None = None, seed: int = 0
    ) -> None:
        super().__init__()
        self.validation, self.batch_size, self.seed = validation, batch_size, seed
        self.plan: Plan | None = None
        self._is_read = self._is_set_up = False

    @property
    def spec(self) -> Spec:
        """What one record is; a model is sized by it."""
        self.read()
        return self.codec.spec

    def read(self) -> None:
        """Read the data and fit the codec, if that has not been done."""
        if not self._is_read:
            self._read()
            self._is_read = True

    def setup(self, stage: str | None = None) -> None:
        """Read the data, and turn them into the codes of training and validation records."""
        if self._is_set_up:
            return
        self.read()
        codes = self.encode()
        training, validation = codes.training, codes.validation
        if validation is None:
            kept, watched = split(len(training), self.validation_share, self.seed)
            training, validation = training[kept], training[watched]
        most = max(FEWEST_VALIDATION_RECORDS, VALIDATION_CODES // max(1, len(self.spec)))
        self.training = training
        self.validation_codes = validation[: min(most, MOST_VALIDATION_RECORDS)]
        self.draw = codes.draw
        self._is_set_up = True

    @property
    def validation_share(self) -> float:
        """Share of the records that is set apart, where the data do not say which."""
        return SHARE if self.validation is None else self.validation

    def train_dataloader(self) -> "Rounds | Batches":
        """The batches of the present round or epoch, each [B, V] codes."""
        rounds = Rounds(self)
        # A run asks anew at each round: where it is resumed, a loader is read before the trainer
        # knows the round.
        return rounds if self.plan is None else rounds.present()

    def val_dataloader(self) -> DataLoader:
        """The validation records."""
        return self._in_parts(self.validation_codes)

    def test_dataloader(self) -> DataLoader:
        """The records of the holdout; those of validation, with a warning, where there is none."""
        held = self.held_out()
        if held is None:
            logger.warning(
                "there is no holdout, so the validation records are tested; give holdout=0.2"
            )
        return self._in_parts(self.validation_codes if held is None else held)

    def _in_parts(self, codes: Tensor) -> DataLoader:
        """Records in parts that bound the memory."""
        parts = [part.long() for part in codes.split(self.spec.rows_at_once)]
        # With a generator of its own it leaves the global one alone.
        own = generator_for(self.seed)
        return DataLoader(parts, batch_size=None, generator=own)  # type: ignore[arg-type]

    def course(self) -> Course:
        """Batch size and epochs that the model of the trainer takes by default."""
        model: Any = getattr(self.trainer, "lightning_module", None)
        if hasattr(model, "course"):
            return model.course(len(self.training), self.spec)
        return Course(batch_of(len(self.training), 50, 32, 512), 1.0)

    @abstractmethod
    def _read(self) -> None:
        """Read the data and fit the codec."""

    @abstractmethod
    def describe(self, width: int) -> Any:
        """For the console, what the data were taken for."""

    @abstractmethod
    def encode(self) -> Codes:
        """All records as codes."""

    @abstractmethod
    def held_out(self) -> Tensor | None:
        """[N, V] codes of the holdout, or None where there is none."""

    @abstractmethod
    def keep(self, folder: Path) -> dict[str, Any]:
        """Write into a run folder what an evaluation needs, and say where everything is."""

    @abstractmethod
    def callbacks(self, pictures: int) -> list[pl.Callback]:
        """Those that look at the data; `pictures` says how often in a run they draw."""

    def described(self, joint: bool) -> Described:
        """A recipe of the training records, with the dependence of the columns if it is `joint`.

        Raises:
            ConfigError: for a kind of data that has no recipes.
        """
        raise ConfigError(f"there are no recipes of {self.kind}; take another model=")

    @abstractmethod
    def digest(self) -> str:
        """Of all records that were read, whatever the seed and the split."""

    @abstractmethod
    def assess(self, model: Any) -> tuple[int, list[Any]]:
        """Score draws of a finished model, in evaluation mode, against the validation records.

        Returns:
            How many records were drawn, and a `Figure` for each metric.
        """
