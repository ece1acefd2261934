"""A trained model and its codec: what the synthesizers of all kinds of data share."""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from synth_dl.artifact import RECIPE, read_artifact, recipe_of, write_artifact
from synth_dl.building import Classes
from synth_dl.errors import ConfigError
from synth_dl.models.allowed import Mask, Masks
from synth_dl.models.base import GenerativeModel
from synth_dl.models.combinations import Combinations
from synth_dl.models.rare import FEW, SELDOM, columns_seldom_seen
from synth_dl.sampling.drawing import Drawing, Drawn, allowed_combinations

if TYPE_CHECKING:
    from synth_dl.recipes.recipe import Recipe

logger = logging.getLogger(__name__)
# Columns exclude each other where so few training records meet a condition by the model, and so
# small a share of those that would if the columns had nothing to do with each other.
NEVER, APART = 2.0, 0.01

AnyCodec = TypeVar("AnyCodec")  # each follows `Codec`


class BaseSynthesizer(Generic[AnyCodec]):
    """A trained model and its codec.

    Attributes:
        complete: whether its training, if it was in this program, came to its end.

    Args:
        model: codes in, codes out.
        codec: records as codes, and back.
        groups: the `_target_` entries of model, network and likelihood, for `save`; those that the
            model knows of itself if not given.
        facts: rows, steps, validation nats and the like of the training.
        recipe: of the training records, as YAML, for a family that has one.
    """

    codec_class: ClassVar[Any]
    complete: bool = True

    def __init__(
        self,
        model: GenerativeModel,
        codec: AnyCodec,
        groups: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        recipe: str | None = None,
    ) -> None:
        self.model = model
        self.codec = codec
        self.facts = dict(facts or {})
        self._groups, self._recipe = groups, recipe
        self.effective_sample_size: dict[str, float] | None = None
        self.probability_of_where: float | None = None

    @classmethod
    def load(cls, path: str | Path, trust: str | Iterable[str] | None = None) -> Self:
        """Read an artifact; no code in it is run.

        Args:
            path: its folder, or that of its run.
            trust: packages of yours whose classes it may name.

        Raises:
            ArtifactError: if it is missing, damaged, foreign or too new.
        """
        model, codec, facts, groups = read_artifact(path, cls.codec_class, Classes().also(trust))
        return cls(model, codec, groups, facts, recipe_of(path))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the artifact folder.

        Args:
            path: of the folder.
            overwrite: whether an artifact that stands there is replaced; other files in its
                folder stay.

        Raises:
            ConfigError: if nothing says how the model was built.
            DataError: if an artifact stands there, or the folder cannot be written.
        """
        groups = self._groups or getattr(self.model, "groups", None)
        if not groups:
            raise ConfigError(
                "the model cannot be saved, as nothing says how it was built; give groups= with "
                "the `_target_` entries of its model, network and likelihood"
            )
        place = Path(path)
        written = place, self.model, groups, self.codec, self.facts
        write_artifact(*written, recipe=self._recipe, overwrite=overwrite)

    @property
    def likelihood_kind(self) -> str | None:
        """Whether `log_prob` is `exact`, a lower `bound`, or not there (None)."""
        return self.model.likelihood_kind

    @property
    def recipe(self) -> "Recipe | None":
        """The distributions that were found, to read, edit and draw from; None for most families.

        Raises:
            DataError: if a file of an artifact was edited so that it is no recipe.
        """
        from synth_dl.recipes.recipe import Recipe  # it brings scipy along

        return None if self._recipe is None else Recipe.parse(self._recipe, RECIPE)

    def _drawn(
        self, drawing: Drawing, masks: Masks | None = None, option: str = "where"
    ) -> Iterator[Drawn]:
        """The chunks of a sample; afterwards its effective sample size is known.

        A warning says where a condition rests on few training records.

        Args:
            drawing: of the chunks.
            masks: of all that is fixed or restricted in every record.
            option: by which the user asks for them, for messages.

        Raises:
            ConfigError: where these exclude each other.
        """
        self.effective_sample_size = self.probability_of_where = None
        found = drawing.combinations
        if masks and self.model.likelihood_kind is not None:
            self._check_together(masks, found, option)
        if drawing.probability is not None and drawing.known is None:
            self.probability_of_where = drawing.probability
            due = drawing.probability * self._rows
            if due < FEW:
                logger.warning(
                    "%s: what is asked for has a probability of %.2g by the model, as in %.2g "
                    "of its training records, so what is drawn may show little more than these; "
                    "train on more%s",
                    option,
                    drawing.probability,
                    due,
                    ", or loosen it" if option == "where" else "",
                )
        seldom = self.facts.get(SELDOM)
        if drawing.known is not None and isinstance(seldom, dict):
            names = columns_seldom_seen(self.model.spec, drawing.known, seldom)
            if names:
                logger.warning(
                    "%s: fewer than %d training records have the given value, so what is drawn "
                    "with it may show little more than these; train on more, or give another",
                    ", ".join(names),
                    FEW,
                )
        yield from drawing
        self.effective_sample_size = drawing.effective_sample_size

    @property
    def _rows(self) -> float:
        """Training records; infinite where nothing tells."""
        rows = self.facts.get("rows")
        return rows if isinstance(rows, int) else math.inf

    def _check_together(self, masks: Masks, found: Combinations | None, option: str) -> None:
        """Refuse columns that exclude each other by a ConfigError.

        Then far fewer records meet all masks than if the columns had nothing to do with each other,
        and next to none of the training.

        Args:
            masks: of all that is fixed or restricted.
            found: their combinations, where these are known.
            option: by which the user asks for them, for messages.
        """
        columns: dict[int, dict[int, Mask]] = {}
        for variable, mask in masks.items():
            column = self.model.spec.variables[variable].column
            columns.setdefault(column, {})[variable] = mask
        if found is None and len(columns) < 2:
            return  # a value that is known occurs
        together = (found or allowed_combinations(self.model, masks, 0)).probability
        if together and together * self._rows >= NEVER:
            return
        each = [allowed_combinations(self.model, own, 0).probability for own in columns.values()]
        if not together or together < APART * math.prod(each):
            names = [self.model.spec.columns[column] for column in columns]
            raise ConfigError(
                f"{option}: what is said of {' and '.join(names)} never holds"
                f"{' together' * (len(names) > 1)}, as the model gives it a probability of "
                f"{together:.2g}; {'loosen a part of it' if option == 'where' else 'train on more'}"
            )
