"""The contract of a model: codes in, codes out; it knows nothing of columns or pictures.

What it answers is here; how it is trained says `models.gradient` or `models.closed_form`.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn

from synth_dl.building import OWN_CLASSES
from synth_dl.errors import ConfigError
from synth_dl.likelihoods.inversion import Allowed
from synth_dl.models.allowed import Masks
from synth_dl.models.combinations import MOST, Combinations, combinations
from synth_dl.models.defaults import Options
from synth_dl.spec import Spec


class GenerativeModel(nn.Module):
    """What every family answers, however it is trained.

    Attributes:
        spec: what one record is.
        latent: latent variables of a record; 0 where a family has none.
        likelihood_kind: whether `log_prob` is exact, a lower bound, or not there.
        integrates: whether `log_prob` of partly known records is that of the known part alone.
        architectures: by the kind of data, the class of the network that is taken unless told.
        groups: the `_target_` entries that the model was made of, where they are known.
        needs: by config group, a method that the part must have, and the choices that have it;
            empty for a family without parts.
        facts: about the training, for the card; by name.
        seed: all noise of training follows from it.
        most_combinations: of codes of restricted variables that are told apart.
    """

    spec: Spec
    latent: int = 0
    likelihood_kind: Literal["exact", "bound"] | None = "exact"
    integrates: bool = False
    architectures: Mapping[str, str] = {}
    groups: Mapping[str, Any] | None = None
    needs: Mapping[str, tuple[str, str]] = {}
    seed: int = 0
    most_combinations: int = MOST
    device: Any

    @abstractmethod
    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """[B, V] codes without any -1, drawn from the model given the known ones.

        Args:
            given: [B, V] codes; -1 is unknown and drawn. Known ones come back as they are.
            uniform: [B, noise_size] draws from [0, 1), all the noise there is.
            allowed: for some variables, [levels] whether a code may be drawn.
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

    @torch.no_grad()
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """[B, levels] probabilities of one variable given all known codes [B, V]; -1 is unknown.

        By Bayes' rule, unless a family knows a shorter way: every code of the variable is tried,
        and its probability given the others is in proportion to that of the record. That is exact
        where `log_prob` of what is known is, so of whole records, or by a family that `integrates`.

        Raises:
            ConfigError: by a family that has no likelihood.
        """
        nats = []
        for level in range(self.spec.levels[variable]):
            filled = codes.clone()
            filled[:, variable] = level
            nats.append(self.log_prob(filled).double().sum(1))
        return torch.stack(nats, 1).softmax(-1).float()

    def direct(self, known: Tensor) -> bool:
        """Whether `sample` may be asked for records with these variables [B, V] known.

        Where it may not, `complete` draws by importance resampling.

        Raises:
            ConfigError: where a family can do neither.
        """
        return True

    @property
    def refines(self) -> bool:
        """Whether `complete` is nearer to the data than `sample`, at the price of particles."""
        return False

    def in_natural_order(self, known: Tensor) -> Tensor:
        """[B] whether `sample` draws records with these variables [B, V] known in the order, or by
        the joint distribution, that it draws whole records in."""
        return torch.ones(len(known), dtype=torch.bool, device=known.device)

    def complete(
        self, given: Tensor, uniform: Tensor, resampling: Tensor, allowed: Allowed = None
    ) -> tuple[Tensor, Tensor]:
        """[N, V] codes given the known ones by importance resampling, and [N] effective sizes.

        For families whose `direct` says no, or that say so by `refines`.

        Args:
            given: [N, V] codes, -1 where unknown.
            uniform: [N, K, noise_size] draws from [0, 1) for K particles of each record.
            resampling: [N, V + 1] draws from [0, 1) for choosing among particles.
            allowed: for some variables, [levels] whether a code may be drawn.
        """
        raise TypeError(f"{type(self).__name__} draws given anything directly; ask sample")

    def particles(
        self, given: Tensor, uniform: Tensor, allowed: Allowed = None
    ) -> tuple[Tensor, Tensor]:
        """[N, K, V] codes of particles, and [N, K] the logarithms of their weights.

        For families that say so by `refines`; `complete` chooses one of them. Args as there.
        """
        raise TypeError(f"{type(self).__name__} draws given anything directly; ask sample")

    @torch.no_grad()
    def combinations(self, masks: Masks, generator: torch.Generator) -> Combinations:
        """What restricted variables may be together, and how likely each of it is.

        Records that have one of these codes given are drawn by `sample` or `complete`.

        Args:
            masks: of all variables of the restricted columns.
            generator: draws which combinations are kept, where there are too many.

        Raises:
            ConfigError: by a family that gives no probabilities, if it cannot tell.
        """
        order, most = self.drawing_order, self.most_combinations
        asked = self.conditionals(sorted(masks))

        def conditional(codes: Tensor, variable: int) -> Tensor:
            return asked(codes.to(self.device), variable).cpu()

        return combinations(conditional, self.spec, masks, order, generator, most)

    def conditionals(self, variables: Sequence[int]) -> Callable[[Tensor, int], Tensor]:
        """`conditional` for some variables given others of them alone, which may be quicker."""
        return self.conditional

    def reorders(self, combinations: Combinations) -> bool:
        """Whether records that have restricted codes given are better drawn by `sample_reordered`.

        So it is where they would be drawn in an order that is learnt less well than the natural
        one, unless that is the same.
        """
        return False

    def sample_reordered(
        self, given: Tensor, uniform: Tensor, choice: Tensor
    ) -> tuple[Tensor, float, float]:
        """[B, V] codes that follow the natural order, how many of the N competing ones count, and
        the logarithm of how much likelier the natural order finds the restricted codes.

        Args:
            given: [N, V] codes of restricted variables, -1 elsewhere.
            uniform: [N, noise_size] draws from [0, 1).
            choice: [B + 1] draws from [0, 1) for choosing among the N records.
        """
        raise TypeError(f"{type(self).__name__} has one order; ask sample")

    def sample_masked(self, masks: Masks, uniform: Tensor, choice: Tensor) -> tuple[Tensor, float]:
        """[B, V] codes that masks allow, drawn in the natural order alone, and how many of the N
        competing ones count; args as of `sample_reordered`.
        """
        raise TypeError(f"{type(self).__name__} has one order; ask sample")

    @property
    def drawing_order(self) -> Sequence[int]:
        """The variables as they stand in the order, where nothing is given."""
        return range(len(self.spec))

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

    @property
    def facts(self) -> dict[str, Any]:
        """What is worth knowing of a training besides its figures."""
        return {}
