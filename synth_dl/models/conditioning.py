"""Which parts of a record are given to a model that makes the rest, and how it sees them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from synth_dl.errors import ConfigError
from synth_dl.likelihoods.inversion import Allowed
from synth_dl.likelihoods.relaxed import Relaxed
from synth_dl.models.class_first import ClassFirst
from synth_dl.models.rare import RareRows
from synth_dl.models.subsets import random_known


@dataclass(frozen=True)
class Pair:
    """Real records, and what is given of each to make its generated partner.

    Attributes:
        real: [B, F] vectors.
        condition: [B, S] what the networks see of the given part.
        known: [B, K] blocks that are given.
        given: [B, F] where a vector is given.
        hidden: [B, F] where the real record is unknown, and so counts for neither side.
        made: [B] whether anything of the partner is generated, so that it can be told apart.
    """

    real: Tensor
    condition: Tensor
    known: Tensor
    given: Tensor
    hidden: Tensor

    @property
    def made(self) -> Tensor:
        return ~(self.given | self.hidden).all(1)


class Conditioning(nn.Module):
    """The columns that may be given, and random choices of them for training.

    What is given is a set of the one-hot blocks of a vector, [B, K].

    Args:
        relaxed: says what the blocks are.
        columns: names of the columns that may be given, `all` or `none`.
        leading: the class that is drawn first, and so given of every record.

    Attributes:
        allowed: [K] blocks that may be given.
        size: numbers that a network sees of what is given.
        emphasis: [onehots] factors on the one-hot blocks, see `emphasised`.

    Raises:
        ConfigError: for a name that is no column.
    """

    emphasis: Tensor

    def __init__(self, relaxed: Relaxed, columns: Any, leading: ClassFirst) -> None:
        super().__init__()
        self.relaxed, self.spec = relaxed, relaxed.spec
        self.size = relaxed.seen_layout.flat + len(relaxed.blocks)
        with torch.device("cpu"):  # also where a model is made of sizes alone
            own = torch.tensor([variable.column for variable in self.spec.variables])
            of_block = relaxed.of_blocks(own[None])[0] if relaxed.blocks else own
            self._together = own[:, None] == of_block  # [variables, K], those of one column
            self.allowed = self._allowed(columns)
        self.leading = leading
        self._class_blocks = relaxed.block_of[: leading.count]
        emphasis = torch.ones(relaxed.onehots)
        for block in self._class_blocks:
            start, size = relaxed.blocks[block]
            emphasis[start : start + size] = math.sqrt(size)
        self.register_buffer("emphasis", emphasis, persistent=False)
        self._rare: RareRows | None = None

    def emphasised(self, lifted: Tensor) -> Tensor:
        """[B, G] lifted vectors, the class drawn first times the square root of its levels.

        It is a single 1 beside many pixels, and would be learnt long after these.
        """
        if not self._class_blocks:
            return lifted
        onehots, rest = lifted.tensor_split([len(self.emphasis)], 1)
        return torch.cat([onehots * self.emphasis, rest], 1)

    def fit(self, codes: Tensor, rare: bool) -> None:
        """Find the shares of the classes in the training records [N, V].

        Args:
            codes: [N, V].
            rare: whether to find the rows of rare values too.
        """
        self.leading.fit(codes)
        blocks, variables = self.relaxed.block_of, self.spec.variables
        columns = [v.column for k, v in enumerate(variables) if self.allowed[blocks[k]]]
        rows = RareRows(self.spec, codes, columns if rare else ())
        self._rare = rows if len(rows) else None

    def choose(
        self, codes: Tensor, share: float, rare: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """A batch [B, V] and the blocks [B, K] that are given of each record.

        Args:
            codes: [B, V].
            share: of the records of which something is given.
            rare: share of the records that are exchanged for ones with rare values.
            generator: draws it all.
        """
        size, device = len(codes), codes.device
        known = torch.zeros(size, len(self.relaxed.blocks), dtype=torch.bool, device=device)
        known[:, self._class_blocks] = True
        some = round(share * size) if self.allowed.any() else 0
        if not some:
            return codes, known & (self.relaxed.of_blocks(codes) >= 0)
        chosen = self.relaxed.of_blocks(random_known(self.spec, some, generator))
        # One column alone is what users ask for most, and rare among random subsets.
        chosen[: some // 2] = self._single(some // 2, generator)
        known[:some] |= chosen & self.allowed.to(device)
        exchanged = min(round(rare * size), some) if self._rare is not None else 0
        if exchanged and self._rare is not None:
            rows, chosen = self._rare.draw(exchanged, generator)
            codes = torch.cat([rows.to(codes), codes[exchanged:]])
            # What a row was chosen by must be given, or the rest would learn wrong shares.
            half = exchanged // 2
            known[:half] = False
            known[:half, self._class_blocks] = True
            known[:exchanged] |= self.relaxed.of_blocks(chosen.to(device))
        return codes, known & (self.relaxed.of_blocks(codes) >= 0)

    def pair(self, codes: Tensor, share: float, rare: float, generator: torch.Generator) -> Pair:
        """A batch [B, V] with its conditions; the arguments are those of `choose`."""
        codes, known = self.choose(codes, share, rare, generator)
        uniform = torch.rand(codes.shape, generator=generator, device=codes.device)
        return Pair(
            self.relaxed.features(codes, uniform),
            self.seen(codes, known),
            known,
            self.relaxed.spread(known),
            self.relaxed.spread(self.relaxed.of_blocks(codes) < 0),
        )

    def _single(self, size: int, generator: torch.Generator) -> Tensor:
        """[B, K] the blocks of one allowed column each, chosen at random."""
        device = generator.device
        choices = self._together[:, self.allowed].any(1).nonzero()[:, 0].to(device)
        place = torch.randint(len(choices), (size,), generator=generator, device=device)
        return self._together.to(device)[choices[place]]

    def with_class(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """[B, V] codes whose first class, if any, is drawn where unknown, by [B, K] from [0, 1)."""
        for block in self._class_blocks:
            given = self.leading.drawn(given, uniform[:, block], allowed)
        return given

    def seen(self, codes: Tensor, known: Tensor) -> Tensor:
        """[B, size] what a network sees of the given blocks [B, K]: numbers by their coarse code.

        The last K numbers are `known` itself.
        """
        given = torch.full_like(codes, -1)
        first_pixel = len(self.spec.variables)
        given[:, :first_pixel] = torch.where(
            known[:, self.relaxed.block_of], codes[:, :first_pixel], -1
        )
        seen = self.relaxed.seen(given, fine=False)[:, : self.relaxed.seen_layout.flat]
        return torch.cat([self.emphasised(seen), known.float()], 1)

    def check(self, known: Tensor) -> None:
        """Refuse known variables [B, V] that are no allowed condition.

        Raises:
            ConfigError: naming the first one, and the cure.
        """
        first_pixel = len(self.spec.variables)
        if known[:, first_pixel:].any():
            raise ConfigError(
                "a GAN cannot complete images from known pixels; take model=autoregressive or "
                "model=vae for that"
            )
        for k in known.any(0).nonzero()[:, 0].tolist():
            block = self.relaxed.block_of[k]
            if not self.allowed[block] and block not in self._class_blocks:
                name = self.spec.columns[self.spec.variables[k].column]
                raise ConfigError(
                    f"this GAN was trained without the condition {name!r}; train it with "
                    "model.conditions=all, or take model=autoregressive or model=vae"
                )

    def _allowed(self, columns: Any) -> Tensor:
        names = [self.spec.columns[variable.column] for variable in self.spec.variables]
        if isinstance(columns, str) and columns not in ("all", "none"):
            columns = [columns]
        if not isinstance(columns, Iterable):
            raise ConfigError(f"model.conditions={columns}: name columns, or choose all or none")
        wanted = names if columns == "all" else [] if columns == "none" else list(columns)
        unknown = [name for name in wanted if name not in names]
        if unknown:
            known = ", ".join(dict.fromkeys(names)) or "none"
            raise ConfigError(
                f"model.conditions names {unknown[0]!r}, which is no column that can be a "
                f"condition; these can: {known}"
            )
        chosen = torch.tensor([[name in wanted for name in names]], dtype=torch.bool)
        return self.relaxed.of_blocks(chosen)[0] if names else torch.zeros(0, dtype=torch.bool)
